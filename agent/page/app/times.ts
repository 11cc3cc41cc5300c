import { useMemo } from 'preact/hooks'
import { useWords, type Words } from './i18n.tsx'

export interface Times {
  /** `14:05`, where people count to twelve `2:05 PM` */
  clock(time: number): string
  /** A full hour, as short as people tell it: `14:00`, `2 PM` */
  hour(time: number): string
  /** `Monday, 2 March` */
  day(time: number): string
  /** `2 Mar, 14:05`; the clock alone where it is today. */
  moment(time: number): string
  /** What lasts to a midnight lasts to the end of the day before; else as a moment. */
  until(time: number): string
  /** `2 March 2026` */
  date(time: number): string
  /** `5 min ago`, by the device's clock. */
  ago(time: number): string
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Times of the shop, in its zone. @param now of the device, unix ms */
export function useTimes({ timeZone, now }: { timeZone: string; now: number }): Times {
  const words = useWords()
  const written = useMemo(() => formats(words.locale, knownZone(timeZone)), [words.locale, timeZone])
  const moment = (time: number) =>
    written.day.format(time) === written.day.format(now) ? written.clock.format(time) : written.moment.format(time)
  return {
    hour: (time) => written.hour.format(time),
    clock: (time) => written.clock.format(time),
    day: (time) => written.day.format(time),
    moment,
    until(time) {
      const day = written.day.format(time - 1)
      if (day === written.day.format(time)) return moment(time)
      return day === written.day.format(now) ? words.t('until.today') : words.t('until.day', { day })
    },
    date: (time) => written.date.format(time),
    ago: (time) => ago(now - time, words) ?? words.t('ago.at', { time: moment(time) }),
  }
}

function formats(locale: string, timeZone: string | undefined) {
  const hour = new Intl.DateTimeFormat(locale, { hour: 'numeric', timeZone })
  const { hour12 } = hour.resolvedOptions()
  const clock = { hour: hour12 ? 'numeric' : '2-digit', minute: '2-digit' } as const
  const full = new Intl.DateTimeFormat(locale, { ...clock, timeZone })
  return {
    hour: hour12 ? hour : full,
    clock: full,
    day: new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', timeZone }),
    date: new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone }),
    moment: new Intl.DateTimeFormat(locale, { ...clock, day: 'numeric', month: 'short', timeZone }),
  }
}

/** An old tablet does not know a zone that was named after it was made (`Europe/Kyiv`); its own is that of the shop. */
function knownZone(timeZone: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return timeZone
  } catch {
    return undefined
  }
}

function ago(passed: number, { t }: Words): string | undefined {
  if (passed < MINUTE) return t('ago.now')
  if (passed < HOUR) return t('ago.minutes', { n: Math.floor(passed / MINUTE) })
  if (passed < DAY) return t('ago.hours', { n: Math.floor(passed / HOUR) })
  return undefined
}
