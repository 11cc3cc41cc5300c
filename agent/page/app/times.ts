import { useMemo } from 'preact/hooks'
import { useWords, type Words } from './i18n.tsx'

export interface Times {
  /** `14:05` */
  clock(time: number): string
  /** `Monday, 2 March` */
  day(time: number): string
  /** `2 Mar, 14:05`; the clock alone where it is today. */
  moment(time: number): string
  /** `5 min ago`, by the device's clock. */
  ago(time: number): string
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Times of the shop, in its zone. @param now of the device, unix ms */
export function useTimes({ timeZone, now }: { timeZone: string; now: number }): Times {
  const words = useWords()
  const written = useMemo(() => formats(words.language, timeZone), [words.language, timeZone])
  const moment = (time: number) =>
    written.day.format(time) === written.day.format(now) ? written.clock.format(time) : written.moment.format(time)
  return {
    clock: (time) => written.clock.format(time),
    day: (time) => written.day.format(time),
    moment,
    ago: (time) => ago(now - time, words) ?? words.t('ago.at', { time: moment(time) }),
  }
}

function formats(language: string, timeZone: string) {
  const clock = { hour: '2-digit', minute: '2-digit', hour12: false } as const
  return {
    clock: new Intl.DateTimeFormat(language, { ...clock, timeZone }),
    day: new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long', timeZone }),
    moment: new Intl.DateTimeFormat(language, { ...clock, day: 'numeric', month: 'short', timeZone }),
  }
}

function ago(passed: number, { t }: Words): string | undefined {
  if (passed < MINUTE) return t('ago.now')
  if (passed < HOUR) return t('ago.minutes', { n: Math.floor(passed / MINUTE) })
  if (passed < DAY) return t('ago.hours', { n: Math.floor(passed / HOUR) })
  return undefined
}
