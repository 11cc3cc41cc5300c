import { describe, expect, it, vi } from 'vitest'
import { fastClock, systemClock } from './clock.ts'
import { manualClock } from './manual-clock.ts'

describe('clocks', () => {
  it('runs store time faster than real time', async () => {
    const clock = fastClock({ start: 1_000_000, speed: 36_000 })
    // An hour, which no test is given.
    await clock.delay(3_600_000)
    expect(clock.now()).toBeGreaterThanOrEqual(4_600_000)
    expect(clock.now()).toSatisfy(Number.isInteger)
  })

  it('agrees with a clock that was given the same moment, whenever it started', () => {
    const since = Date.now() - 10_000
    const clock = fastClock({ start: 5_000_000, speed: 100, since })
    expect(clock.now()).toBeGreaterThanOrEqual(6_000_000)
    expect(clock.now()).toBeLessThan(5_000_000 + (Date.now() - since + 10) * 100)
  })

  it('stands still until the moment it was given', async () => {
    const clock = fastClock({ start: 5_000_000, speed: 100_000, since: Date.now() + 100 })
    const fired: number[] = []
    clock.after(1_000, () => fired.push(clock.now()))
    expect(fastClock({ start: 5_000_000, speed: 100_000, since: Date.now() + 3_600_000 }).now()).toBe(5_000_000)
    await clock.delay(2_000_000)
    expect(clock.now()).toBeGreaterThanOrEqual(7_000_000)
    expect(fired).toHaveLength(1)
    expect(fired[0]).toBeGreaterThanOrEqual(5_001_000)
  })

  it('cancels a timer that is disposed, and a delay that is aborted', async () => {
    const fn = vi.fn()
    const clock = fastClock({ start: 0, speed: 1000 })
    clock.after(1, fn)[Symbol.dispose]()
    const abort = new AbortController()
    const delay = clock.delay(1e9, abort.signal)
    abort.abort()
    await expect(delay).rejects.toMatchObject({ name: 'AbortError' })
    expect(fn).not.toHaveBeenCalled()
  })

  it('does not fire a timer beyond 24 days at once', () => {
    vi.useFakeTimers()
    try {
      const fn = vi.fn()
      systemClock().after(40 * 86_400_000, fn)
      vi.advanceTimersByTime(39 * 86_400_000)
      expect(fn).not.toHaveBeenCalled()
      vi.advanceTimersByTime(2 * 86_400_000)
      expect(fn).toHaveBeenCalledOnce()
    } finally {
      vi.useRealTimers()
    }
  })

  it('steps by hand, running what falls due in order', async () => {
    const clock = manualClock(0)
    const seen: string[] = []
    clock.after(20, () => seen.push(`b@${clock.now()}`))
    clock.after(10, () => {
      seen.push(`a@${clock.now()}`)
      clock.after(5, () => seen.push(`nested@${clock.now()}`))
    })
    const delay = clock.delay(25)
    clock.advance(30)
    await delay
    expect(seen).toEqual(['a@10', 'nested@15', 'b@20'])
  })
})
