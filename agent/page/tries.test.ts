import { beforeEach, describe, expect, it } from 'vitest'
import { type Caller, Tries } from './tries.ts'

const MINUTE = 60_000
let now: number
let tries: Tries
beforeEach(() => {
  now = 0
  tries = new Tries(() => now)
})

const from = (address: string): Caller => ({ address, isThisMachine: false, tablet: undefined })
const tablet: Caller = { address: '192.168.1.9', isThisMachine: false, tablet: 'till' }
const thisMachine: Caller = { address: '127.0.0.1', isThisMachine: true, tablet: undefined }
/** Wrong PINs one after the other, as fast as they are heard. */
const failUntilHeardNoMore = (caller: Caller) => {
  let heard = 0
  while (tries.begin(caller) === 0) heard++
  return heard
}

describe('tries of a PIN', () => {
  it('are five, then wait 30 s, twice as long each time, five minutes at most', () => {
    const caller = from('192.168.1.7')
    expect(failUntilHeardNoMore(caller)).toBe(5)
    const waits = Array.from({ length: 6 }, () => {
      const wait = tries.begin(caller)
      now += wait
      expect(tries.begin(caller)).toBe(0)
      return wait / 1000
    })
    expect(waits).toEqual([30, 60, 120, 240, 300, 300])
    now += 60 * MINUTE
    expect(failUntilHeardNoMore(caller)).toBe(5)
  })

  it('that are turned away count nowhere: who does not let up shuts nobody else out', () => {
    const pest = from('192.168.1.66')
    for (let i = 0; i < 10_000; i++) tries.begin(pest)
    expect(tries.begin(from('192.168.1.7'))).toBe(0)
    expect(tries.begin(tablet)).toBe(0)
  })

  it('of many addresses are counted together, beside the tablets that are known and this machine', () => {
    let heard = 0
    for (let i = 0; i < 100_000; i++) if (tries.begin(from(`fd00::${i.toString(16)}`)) === 0) heard++
    expect(heard).toBe(50)
    // A day of it, a try a second: what is heard is one in ten minutes.
    for (let second = 0; second < 86_400; second++) {
      now += 1000
      if (tries.begin(from(`fd00::1:${second.toString(16)}`)) === 0) heard++
    }
    expect(heard).toBeLessThan(50 + 6 * 24 + 5)
    expect(tries.begin(tablet)).toBe(0)
    expect(tries.begin(thisMachine)).toBe(0)
    expect(tries.begin(from('192.168.1.7'))).toBeGreaterThan(0)
  })

  it('start anew for who knew the PIN, and forget nothing of the strangers', () => {
    const caller = from('192.168.1.7')
    for (let i = 0; i < 5; i++) tries.begin(caller)
    now += 30_000
    expect(tries.begin(caller)).toBe(0)
    tries.succeeded(caller)
    expect(failUntilHeardNoMore(caller)).toBe(5)
    for (let i = 0; i < 40; i++) tries.begin(from(`10.0.0.${i}`))
    expect(tries.begin(from('10.0.1.1'))).toBeGreaterThan(0)
  })
})
