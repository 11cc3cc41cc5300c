import { expect, it } from 'vitest'
import { chartTime } from './chart-time.ts'

const HOUR = 3_600_000
const NEW_YEAR = Date.UTC(2026, 0, 1)

it('calls a day the same for everybody', () => {
  const days = chartTime(undefined, 'days')
  expect(days.timeZone).toBe('UTC')
  expect(days.text(NEW_YEAR)).toBe('1 Jan 2026')
  expect(days.ticks([NEW_YEAR, NEW_YEAR + 48 * HOUR])).toEqual(['1 Jan', '3 Jan'])
  expect(chartTime('Asia/Shanghai', 'days').text(NEW_YEAR - 8 * HOUR)).toBe('1 Jan 2026')
})

it('tells moments by the clock of a zone, and names it', () => {
  const york = chartTime('America/New_York')
  expect(york.timeZone).toBe('America/New_York')
  expect(york.text(NEW_YEAR)).toBe('31 Dec 2025, 19:00:00 GMT-5')
  expect(york.ticks([NEW_YEAR + 4 * HOUR, NEW_YEAR + 5 * HOUR, NEW_YEAR + 6 * HOUR])).toEqual([
    '23:00',
    '1 Jan',
    '01:00',
  ])
})

it('names days where there is one tick for each, also for that of 23 hours', () => {
  const berlin = chartTime('Europe/Berlin')
  const start = Date.UTC(2026, 2, 28, 23)
  expect(berlin.ticks([start, start + 23 * HOUR, start + 47 * HOUR])).toEqual(['29 Mar', '30 Mar', '31 Mar'])
})
