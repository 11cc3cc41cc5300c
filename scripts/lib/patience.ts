import { vi } from 'vitest'

/** Milliseconds to wait for a condition, where a test says no other: a busy machine is slow, and no failure. */
const PATIENCE = 20_000

const { waitFor } = vi
vi.waitFor = (callback, options = {}) =>
  waitFor(callback, { timeout: PATIENCE, ...(typeof options === 'number' ? { timeout: options } : options) })
