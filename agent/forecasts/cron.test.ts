import fc from 'fast-check'
import { createTask, getTasks } from 'node-cron'
import { describe, expect, it } from 'vitest'
import { CronError, cronSchedule } from './cron.ts'

const at = (iso: string) => Date.parse(iso)
const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString().slice(0, 19))
const runs = (expression: string, timeZone: string, { from, count }: { from: string; count: number }) => {
  const schedule = cronSchedule(expression, timeZone)
  const found: (string | undefined)[] = []
  for (let time: number | undefined = at(from), i = 0; i < count; i++) {
    time = schedule.next(time!)
    found.push(iso(time))
  }
  return found
}

describe('cronSchedule', () => {
  it('comes due at local midnight through a change of the clocks', () => {
    expect(runs('0 0 * * *', 'Europe/Berlin', { from: '2026-03-28T12:00:00Z', count: 3 })).toEqual([
      '2026-03-28T23:00:00',
      '2026-03-29T22:00:00',
      '2026-03-30T22:00:00',
    ])
  })

  it('comes due once for a wall time that is skipped, after the gap, and once for one that is repeated', () => {
    expect(runs('30 2 * * *', 'Europe/Berlin', { from: '2026-03-28T02:00:00Z', count: 2 })).toEqual([
      '2026-03-29T01:30:00',
      '2026-03-30T00:30:00',
    ])
    expect(runs('30 2 * * *', 'Europe/Berlin', { from: '2026-10-24T12:00:00Z', count: 2 })).toEqual([
      '2026-10-25T00:30:00',
      '2026-10-26T01:30:00',
    ])
  })

  it('comes due at the first moment of a day whose midnight is skipped', () => {
    expect(runs('0 0 * * *', 'America/Santiago', { from: '2026-09-05T12:00:00Z', count: 2 })).toEqual([
      '2026-09-06T04:00:00',
      '2026-09-07T03:00:00',
    ])
  })

  it('comes due every hour that passes, where it names every hour', () => {
    expect(runs('0 * * * *', 'Europe/Berlin', { from: '2026-10-25T00:00:00Z', count: 3 })).toEqual([
      '2026-10-25T01:00:00',
      '2026-10-25T02:00:00',
      '2026-10-25T03:00:00',
    ])
    expect(runs('0 * * * *', 'Europe/Berlin', { from: '2026-03-29T00:00:00Z', count: 2 })).toEqual([
      '2026-03-29T01:00:00',
      '2026-03-29T02:00:00',
    ])
  })

  it('finds the last time that has come, itself included', () => {
    const schedule = cronSchedule('0 6 * * 1', 'UTC')
    expect(iso(schedule.previous(at('2026-06-10T00:00:00Z')))).toBe('2026-06-08T06:00:00')
    expect(iso(schedule.previous(at('2026-06-08T06:00:00Z')))).toBe('2026-06-08T06:00:00')
    expect(iso(schedule.previous(at('2026-06-08T05:59:59Z')))).toBe('2026-06-01T06:00:00')
  })

  it('knows days that hardly ever come, and ones that never do', () => {
    expect(runs('0 0 29 2 *', 'UTC', { from: '2026-01-01T00:00:00Z', count: 2 })).toEqual([
      '2028-02-29T00:00:00',
      '2032-02-29T00:00:00',
    ])
    expect(cronSchedule('0 0 L-30 2 *', 'UTC').next(at('2026-01-01T00:00:00Z'))).toBeUndefined()
  })

  it('refuses what is no schedule, and leaves nothing with node-cron', () => {
    for (const bad of ['', '0 0 30 2 *', 'tomorrow', '60 * * * *', '* * * *'])
      expect(() => cronSchedule(bad, 'UTC')).toThrow(CronError)
    expect(getTasks().size).toBe(0)
  })

  it('agrees with node-cron on every time it names, and skips none', () => {
    const expression = fc
      .tuple(
        fc.constantFrom('0', '*/20', '5,35'),
        fc.constantFrom('*', '3', '*/6', '22-2'),
        fc.constantFrom('*', '1', '28-31', 'L'),
        fc.constantFrom('*', '2', '*/3'),
        fc.constantFrom('*', '1-5', '0'),
      )
      .map((parts) => parts.join(' '))
    fc.assert(
      fc.property(expression, fc.integer({ min: 0, max: 33_000_000 }), (text, minute) => {
        const task = createTask(text, () => undefined, { timezone: 'UTC' })
        const schedule = cronSchedule(text, 'UTC')
        const from = minute * 60_000
        const next = schedule.next(from)
        if (next === undefined) return
        expect(task.match(new Date(next))).toBe(true)
        expect(schedule.previous(next)).toBe(next)
        for (let t = from + 60_000; t < Math.min(next, from + 100 * 60_000); t += 60_000) {
          expect(task.match(new Date(t))).toBe(false)
        }
        void task.destroy()
      }),
      { numRuns: 60 },
    )
  })
})
