import { describe, expect, it } from 'vitest'
import { cronSchedule } from './cron.ts'
import { nextDue } from './schedule.ts'

const cron = cronSchedule('0 6 * * *', 'UTC')
const at = (iso: string) => Date.parse(`${iso}Z`)
const due = (now: string, last?: string, mostBehind = 0) => {
  const time = nextDue({ cron, now: at(now), last: last === undefined ? undefined : at(last), mostBehind })
  return new Date(time!).toISOString().slice(0, 16)
}

describe('nextDue', () => {
  it('is the last time that has come, before the first run', () => {
    expect(due('2026-03-10T05:59')).toBe('2026-03-09T06:00')
    expect(due('2026-03-10T06:00')).toBe('2026-03-10T06:00')
  })

  it('lies ahead once that run is made', () => {
    expect(due('2026-03-10T07:00', '2026-03-10T06:00')).toBe('2026-03-11T06:00')
  })

  it('is the newest run after a time away', () => {
    expect(due('2026-03-10T07:00', '2026-03-09T06:00')).toBe('2026-03-10T06:00')
    expect(due('2026-03-10T07:00', '2026-02-01T06:00')).toBe('2026-03-10T06:00')
    expect(due('2026-03-10T07:00', '2026-02-01T06:00', 3)).toBe('2026-03-10T06:00')
  })

  it('makes up for few missed runs, one by one', () => {
    expect(due('2026-03-10T07:00', '2026-03-07T06:00', 2)).toBe('2026-03-08T06:00')
    expect(due('2026-03-10T07:00', '2026-03-06T06:00', 2)).toBe('2026-03-10T06:00')
  })

  it('issues nothing twice by a clock that was set back', () => {
    expect(due('2026-03-05T07:00', '2026-03-10T06:00')).toBe('2026-03-11T06:00')
  })

  it('never comes where the expression never does', () => {
    const never = cronSchedule('0 0 L-30 2 *', 'UTC')
    expect(nextDue({ cron: never, now: 0, last: undefined, mostBehind: 0 })).toBeUndefined()
    expect(nextDue({ cron: never, now: 0, last: 0, mostBehind: 0 })).toBeUndefined()
  })
})
