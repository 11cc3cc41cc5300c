import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maintenance } from './maintenance.ts'

const HOUR = 3_600_000
const berlin = (now: string, desiredAt = '2026-01-01T00:00:00Z') => ({
  now: Date.parse(now),
  desiredAt: Date.parse(desiredAt),
  timeZone: 'Europe/Berlin',
  device: 'north-1',
})
const told = ({ open, changesAt }: ReturnType<typeof maintenance>) => [
  open,
  changesAt === undefined ? undefined : new Date(changesAt).toISOString(),
]

describe('maintenance', () => {
  const night = { window: { from: '01:00', to: '05:00' } }

  it('is always open without a policy', () => {
    expect(maintenance(undefined, 1, berlin('2026-03-02T12:00:00Z'))).toEqual({ open: true, changesAt: undefined })
  })

  it.each([
    ['before', '2026-03-02T12:00:00Z', false, '2026-03-03T00:00:00.000Z'],
    ['at its opening', '2026-03-03T00:00:00Z', true, '2026-03-03T04:00:00.000Z'],
    ['at its end', '2026-03-03T04:00:00Z', false, '2026-03-04T00:00:00.000Z'],
    ['after the clocks went on', '2026-03-29T02:30:00Z', true, '2026-03-29T03:00:00.000Z'],
    ['before the clocks went back', '2026-10-24T23:30:00Z', true, '2026-10-25T04:00:00.000Z'],
  ])("follows the shop's own clock: %s", (_, now, open, changesAt) => {
    expect(told(maintenance(night, 1, berlin(now)))).toEqual([open, changesAt])
  })

  it('goes over midnight', () => {
    const late = { window: { from: '22:00', to: '02:00' } }
    expect(told(maintenance(late, 1, berlin('2026-03-02T00:30:00Z')))).toEqual([true, '2026-03-02T01:00:00.000Z'])
    expect(told(maintenance(late, 1, berlin('2026-03-02T02:00:00Z')))).toEqual([false, '2026-03-02T21:00:00.000Z'])
    expect(told(maintenance(late, 1, berlin('2026-03-02T22:00:00Z')))).toEqual([true, '2026-03-03T01:00:00.000Z'])
  })

  it('gives every device a moment of its own, the same each time it is asked', () => {
    const begin = (device: string, generation: number) => {
      const moment = { ...berlin('2026-03-02T12:00:00Z', '2026-03-02T12:00:00Z'), device }
      return maintenance({ spreadSeconds: 3600 }, generation, moment).changesAt!
    }
    const begins = Array.from({ length: 400 }, (_, i) => begin(`shop-${i}`, 7))
    const from = Date.parse('2026-03-02T12:00:00Z')
    const hours = begins.map((time) => (time - from) / HOUR)
    expect(Math.min(...hours)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...hours)).toBeLessThanOrEqual(1)
    for (let quarter = 0; quarter < 4; quarter++) {
      const share = hours.filter((hour) => hour >= quarter / 4 && hour < (quarter + 1) / 4).length / 400
      expect(share).toBeGreaterThan(0.15)
    }
    expect(begin('shop-1', 7)).toBe(begin('shop-1', 7))
    expect(begin('shop-1', 8)).not.toBe(begin('shop-1', 7))
  })

  it('opens for at least half of every window, opens sooner or later, and changes when it says', () => {
    const minutes = fc.integer({ min: 0, max: 1439 })
    const time = (of: number) => `${String(Math.floor(of / 60)).padStart(2, '0')}:${String(of % 60).padStart(2, '0')}`
    const property = fc.property(
      fc.tuple(minutes, minutes).filter(([from, to]) => from !== to),
      fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }),
      fc.integer({ min: 0, max: 86_400 }),
      fc.integer({ min: 0, max: 40 * HOUR }),
      fc.constantFrom('Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
      ([from, to], desiredAt, spreadSeconds, later, timeZone) => {
        const policy = { window: { from: time(from), to: time(to) }, spreadSeconds }
        const at = (now: number) => maintenance(policy, 3, { now, desiredAt, timeZone, device: 'north-1' })
        let now = desiredAt + later
        let opened = false
        for (let changes = 0; changes < 4; changes++) {
          const { open, changesAt } = at(now)
          opened ||= open
          expect(changesAt).toBeGreaterThan(now)
          expect(at(Math.floor((now + changesAt!) / 2)).open).toBe(open)
          now = changesAt!
        }
        expect(opened).toBe(true)
      },
    )
    fc.assert(property, { numRuns: 300 })
  })
})
