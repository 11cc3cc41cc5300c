import { describe, expect, it } from 'vitest'
import { InFlight } from './in-flight.ts'

/** Messages until a commit, and how they come: `prompt` of the next ones right behind the acknowledgement. */
function play(inFlight: InFlight, { window, rounds }: { window: number; rounds: number }): number[] {
  const sizes: number[] = []
  let now = 0
  for (let round = 0; round < rounds; round++) {
    const size = Math.min(window, inFlight.gather)
    // A window below what is gathered waits for the commit's delay, and the broker holds the next messages back.
    for (let i = 1; i <= size; i++) inFlight.arrived(i, ++now)
    if (size < inFlight.gather) now += 1000
    sizes.push(size)
    inFlight.acknowledged(size, now)
  }
  return sizes
}

describe('the in-flight window', () => {
  it('is learnt from a broker that waits: one delay, then commits of a window each', () => {
    for (const window of [1, 2, 10]) {
      const inFlight = new InFlight(16)
      play(inFlight, { window, rounds: 3 })
      expect(inFlight.gather).toBe(window)
    }
  })

  it('stays at the most where the broker waits for nothing', () => {
    const inFlight = new InFlight(16)
    play(inFlight, { window: 1000, rounds: 10 })
    expect(inFlight.gather).toBe(16)
  })

  it('is not mistaken for a low rate', () => {
    const inFlight = new InFlight(16)
    for (let round = 0; round < 50; round++) {
      for (let i = 1; i <= 10; i++) inFlight.arrived(i, round * 1000 + i * 100)
      inFlight.acknowledged(10, round * 1000 + 1000)
    }
    expect(inFlight.gather).toBe(16)
  })

  it('grows again when more comes than it should', () => {
    const inFlight = new InFlight(16)
    play(inFlight, { window: 2, rounds: 3 })
    for (let pending = 1; pending <= 9; pending++) inFlight.arrived(pending, 1e6)
    expect(inFlight.gather).toBe(9)
  })
})
