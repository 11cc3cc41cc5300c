import { createTask, parse, validateDetailed } from 'node-cron'
import { Temporal } from 'temporal-polyfill'

/**
 * When a cron expression comes due, on a clock of the caller's own. node-cron parses and matches; its runner, which reads
 * the system's clock, is not used: store time may run fast.
 */
export interface CronSchedule {
  /** The first time after `time`, in unix ms; undefined where the expression never comes due (the 30th day before the end of February). */
  next(time: number): number | undefined
  /** The last time at or before `time`. */
  previous(time: number): number | undefined
}

/** The expression is none that node-cron knows; ask for another. */
export class CronError extends Error {
  readonly code = 'bad-schedule'
  override readonly name = 'CronError'
}

/** Leap days are at most 8 years apart; what is rarer still counts as never. */
const MOST_DAYS = 366 * 9

/**
 * In the time zone given. A wall time that a change of the clocks skips comes due when the clocks have moved on; one that
 * it repeats comes due once, the first time. An expression for every hour of the day follows the hours that pass.
 * @throws CronError
 */
export function cronSchedule(expression: string, timeZone: string): CronSchedule {
  const { valid, errors } = validateDetailed(expression)
  if (!valid) {
    const why = errors.map(({ field, message }) => `${field}: ${message}`).join('; ')
    throw new CronError(`schedule ${JSON.stringify(expression.slice(0, 80))}: ${why}`)
  }
  const fields = parse(expression)
  const [hours, minutes, seconds] = [fields.hour, fields.minute, fields.second].map((all) =>
    all.toSorted((a, b) => a - b),
  )
  const everyHour = new Set(hours).size === 24
  const matches = wallTimeMatcher(expression)

  /** Ascending, without repeats. */
  const timesOn = (day: Temporal.PlainDate): number[] => {
    const times: number[] = []
    const first = day.toPlainDateTime({ hour: hours![0]!, minute: minutes![0]!, second: seconds![0]! })
    if (!matches(first)) return times
    for (const hour of hours!) {
      for (const minute of minutes!) {
        for (const second of seconds!) {
          const wall = day.toPlainDateTime({ hour, minute, second })
          const instant = wall.toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds
          times.push(instant)
          if (everyHour) times.push(wall.toZonedDateTime(timeZone, { disambiguation: 'later' }).epochMilliseconds)
        }
      }
    }
    return [...new Set(times)].sort((a, b) => a - b)
  }
  const dayOf = (time: number) =>
    Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(timeZone).toPlainDate()

  return {
    next(time) {
      const from = dayOf(Math.floor(time))
      for (let days = 0; days <= MOST_DAYS; days++) {
        const found = timesOn(from.add({ days })).find((candidate) => candidate > time)
        if (found !== undefined) return found
      }
      return undefined
    },
    previous(time) {
      const from = dayOf(Math.floor(time))
      for (let days = 0; days <= MOST_DAYS; days++) {
        const found = timesOn(from.subtract({ days })).findLast((candidate) => candidate <= time)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

/** Whether an expression names a wall time, wherever clocks are changed: asked of node-cron in UTC, where none are. */
function wallTimeMatcher(expression: string): (wall: Temporal.PlainDateTime) => boolean {
  const task = createTask(expression, () => undefined, { timezone: 'UTC' })
  // Takes it out of node-cron's list of tasks; it was never started.
  void task.destroy()
  return (wall) => task.match(new Date(wall.toZonedDateTime('UTC').epochMilliseconds))
}
