import type { CronSchedule } from './cron.ts'

export interface DueOptions {
  readonly cron: CronSchedule
  readonly now: number
  /** Issue time of the newest run; undefined before the first. */
  readonly last: number | undefined
  /** Runs that are made up for one by one, when they come faster than they are made. */
  readonly mostBehind: number
}

/**
 * When the next run is issued: at or before `now`, then it is due; or ahead. Undefined where the schedule never comes due.
 *
 * Before the first run, the last time that has come: a device that was just set up forecasts at once. Runs that were
 * missed are made up for while they are few (a clock that runs fast); where they are more (the device was off), only the
 * newest. Nothing is issued twice, also by a clock that was set back.
 */
export function nextDue({ cron, now, last, mostBehind }: DueOptions): number | undefined {
  const newest = cron.previous(now)
  if (last === undefined) return newest ?? cron.next(now)
  if (newest === undefined || newest <= last) return cron.next(Math.max(now, last))
  const first = cron.next(last)
  let at = first
  for (let behind = 0; at !== undefined && behind < mostBehind && at < newest; behind++) at = cron.next(at)
  return at === newest ? first : newest
}
