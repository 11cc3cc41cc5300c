import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { calendarOf, WINDOW_SIZES } from './calendar.ts'
import { calendar, stretchesOf } from './zone.ts'

const HOUR = 3_600_000
const at = (iso: string) => Date.parse(iso)
const hours = ({ start, end }: { start: number; end: number }) => (end - start) / HOUR

/** Zones with the shapes that break calendars: half-hour shifts, midnight gaps, odd offsets, a skipped day. */
const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'Africa/Cairo',
  'Pacific/Apia',
  'Asia/Shanghai',
  'UTC',
]
const anyTime = fc.integer({ min: at('1995-01-01'), max: at('2037-12-31') })

describe('calendar', () => {
  it('gives Berlin a day of 23 hours in March and of 25 in October', () => {
    const berlin = calendar('Europe/Berlin')
    expect(hours(berlin.windowAt(at('2026-03-29T12:00Z'), '1d'))).toBe(23)
    expect(hours(berlin.windowAt(at('2026-10-25T12:00Z'), '1d'))).toBe(25)
    expect(berlin.windowAt(at('2026-07-01T12:34:56Z'), '1d')).toEqual({
      start: at('2026-06-30T22:00Z'),
      end: at('2026-07-01T22:00Z'),
    })
    expect(berlin.windowAt(at('2026-07-01T12:34:56Z'), '5m').start).toBe(at('2026-07-01T12:30Z'))
  })

  it('aligns hours to the local clock where the offset is not a whole hour', () => {
    expect(calendar('Asia/Kathmandu').windowAt(at('2026-05-05T12:34Z'), '1h')).toEqual({
      start: at('2026-05-05T12:15Z'),
      end: at('2026-05-05T13:15Z'),
    })
  })

  it('starts a day whose midnight does not exist at its first moment', () => {
    // Brazil moved its clocks at midnight: 2018-11-04 began at 01:00.
    const day = calendar('America/Sao_Paulo').windowAt(at('2018-11-04T12:00Z'), '1d')
    expect(day).toEqual({ start: at('2018-11-04T03:00Z'), end: at('2018-11-05T02:00Z') })
  })

  it('cuts an hour where the clock moves by half of one', () => {
    // Lord Howe, 2026-04-05: 02:00 becomes 01:30, so half past one to two happens twice.
    const howe = calendar('Australia/Lord_Howe')
    const change = at('2026-04-04T15:00Z')
    expect(howe.windowAt(change - 1, '1h')).toEqual({ start: change - HOUR, end: change })
    expect(howe.windowAt(change, '1h')).toEqual({ start: change, end: change + HOUR / 2 })
  })

  it('covers all time without gap or overlap, finer windows inside coarser ones', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), anyTime, (zone, time) => {
        const c = calendar(zone)
        let inner = { start: time, end: time + 1 }
        for (const size of WINDOW_SIZES) {
          const span = c.windowAt(time, size)
          expect(span.start).toBeLessThanOrEqual(inner.start)
          expect(span.end).toBeGreaterThanOrEqual(inner.end)
          expect(c.windowAt(span.start, size)).toEqual(span)
          expect(c.windowAt(span.end - 1, size)).toEqual(span)
          expect(c.windowAt(span.end, size).start).toBe(span.end)
          expect(c.windowAt(span.start - 1, size).end).toBe(span.start)
          inner = span
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('agrees with Temporal on days, their names and the local hour', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), anyTime, (zone, time) => {
        const c = calendar(zone)
        const zoned = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(zone)
        const { start, end } = c.windowAt(time, '1d')
        expect(start).toBe(zoned.startOfDay().epochMilliseconds)
        expect(c.localDay(time)).toBe(zoned.toPlainDate().toString())
        expect(c.daySpan(c.localDay(time))).toEqual({ start, end })
        expect(Math.floor(c.localHour(time))).toBe(zoned.hour)
        const local = zoned.toPlainDateTime()
        expect(c.fromLocal(local.toString())).toBe(local.toZonedDateTime(zone).epochMilliseconds)
      }),
      { numRuns: 1000 },
    )
  })

  it('finds the moment of a local date and time', () => {
    const berlin = calendar('Europe/Berlin')
    expect(berlin.fromLocal('2026-03-29T04:00:00')).toBe(at('2026-03-29T02:00Z'))
    expect(berlin.fromLocal('2026-10-25T02:30:00')).toBe(at('2026-10-25T00:30Z'))
    expect(() => berlin.fromLocal('yesterday')).toThrow(RangeError)
  })

  it('is the same from stretches that were handed on', () => {
    const span = { from: at('1995-01-01'), to: at('2038-01-01') }
    const handedOn = ZONES.map((zone) => calendarOf(structuredClone(stretchesOf(zone, span))))
    fc.assert(
      fc.property(fc.nat({ max: ZONES.length - 1 }), anyTime, fc.constantFrom(...WINDOW_SIZES), (i, time, size) => {
        expect(handedOn[i]!.windowAt(time, size)).toEqual(calendar(ZONES[i]!).windowAt(time, size))
      }),
      { numRuns: 200 },
    )
    expect(handedOn[0]!.windowAt(at('2060-07-01'), '1h').end).toBe(at('2060-07-01T01:00Z'))
  })

  it.each(['2026-02-30', '2026-13-01', '2026-3-1', ''])('refuses the day "%s"', (day) => {
    expect(() => calendar('UTC').daySpan(day)).toThrow(RangeError)
    expect(() => calendar('UTC').fromLocal(`${day}T00:00`)).toThrow(RangeError)
  })

  it('refuses a zone nobody knows', () => {
    expect(() => calendar('Mars/Olympus')).toThrow(RangeError)
  })
})
