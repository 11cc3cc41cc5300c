import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startAgent } from '../agent.ts'
import { parseConfig } from '../config.ts'
import { createLogger } from '../platform/logger.ts'
import { manualClock } from '../platform/manual-clock.ts'
import { gauge, temperature } from './storage.ts'

/** A disk of 32 MB in memory that something else fills; without leave to mount one this is skipped. */

const MB = 1024 * 1024
const MINUTE = 60_000
const T0 = Date.parse('2026-03-28T12:00:00Z')

let folder: string
let isMounted = false
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'full-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'none', folder], { stdio: 'ignore' })
    isMounted = true
  } catch {
    isMounted = false
  }
})
afterEach(async () => {
  if (isMounted) execFileSync('umount', [folder])
  await rm(folder, { recursive: true })
})

it('lets go what it holds for a full disk, and goes on with every reading that it took', async ({ skip }) => {
  skip(!isMounted, 'no leave to mount a disk')
  const clock = manualClock(T0)
  const settings = { device: 'full-1', http: { port: 0 }, sensors: [temperature], limits: { databaseMb: 16 } }
  const config = parseConfig(JSON.stringify(settings), join(folder, 'agent.yaml'))
  const secrets = { claim: undefined, deviceToken: undefined, httpToken: undefined }
  await using agent = await startAgent(config, secrets, { clock, log: createLogger({ level: 'silent' }) })
  const { buffer, windows } = agent.pipeline
  let minute = 0
  let accepted = 0
  /** A minute's readings; what is not accepted comes again, as sources do. */
  const send = async () => {
    const readings = Array.from({ length: 3000 }, (_, i) => gauge(T0 + minute * MINUTE + i * 20, (i * i * 7919) % 997))
    await buffer.accept(readings, { urgent: true })
    minute++
    accepted += readings.length
    clock.advance(MINUTE)
  }
  const ballast = join(config.dataDir, 'ballast')
  const held = () => statSync(ballast, { throwIfNoEntry: false })?.size ?? 0
  await send()
  await windows.closeUntil(T0 + MINUTE)
  expect(held()).toBe(2 * MB)

  const filler = join(folder, 'filler')
  await writeFile(filler, Buffer.alloc(40 * MB, 1)).catch(() => undefined)
  // What its files have taken already is still theirs to write; then nothing goes any more.
  await vi.waitFor(async () => {
    for (let i = 0; i < 50 && held() > 0; i++) await send().catch(() => undefined)
    expect(held()).toBe(0)
  }, 30_000)
  const until = accepted + 30_000
  await vi.waitFor(async () => {
    while (accepted < until) await send()
  }, 30_000)

  await truncate(filler)
  await windows.closeUntil(T0 + minute * MINUTE + 5 * MINUTE)
  const stored = [...windows.read({ sensor: 'temperature', from: 0, to: 4e12 })]
  expect(stored.reduce((sum, { count }) => sum + count, 0)).toBe(accepted)
})
