import { createHash } from 'node:crypto'
import { type EventRecord, qualityRulesOf, type SensorDefinition, type WindowRecord } from '@storecast/shared/contracts'
import { type Calendar, calendar, fromSteps } from '@storecast/shared/windows'
import type { Connection } from '../platform/database.ts'
import type { Logger } from '../platform/logger.ts'
import type { Writer } from '../platform/writer.ts'
import type { Windows } from '../windows/index.ts'
import { AnomalyDetector } from './detector.ts'
import { ModelForecasts } from './expected.ts'
import type { anomalyProcedures } from './procedures.ts'
import { WEEK_MS } from './week.ts'

export interface AnomaliesOptions {
  readonly writer: Writer<typeof anomalyProcedures>
  /** A reading connection to the same database. */
  readonly db: Connection
  readonly windows: Pick<Windows, 'onStored' | 'read'>
  readonly log: Logger
  /** The site's, an IANA name. */
  readonly timeZone: string
  readonly definitions: readonly SensorDefinition[]
  /** Events of anomalies on one local day, over all sensors. */
  readonly mostADay?: number
  /** Series that are followed, 6 KB each. */
  readonly mostSeries?: number
}

/** Stored windows from which a series that is met again is learned; a detector has no state on the disk. */
const HISTORY_MS = 5 * WEEK_MS
/** Windows of so long before are told again after a restart: those that the start itself stored were told to nobody. */
const TELL_AGAIN_MS = 86_400_000
/** Coarser ones say little about a moment. */
const LONGEST_WINDOW_MS = 3_600_000

interface Followed {
  readonly detector: AnomalyDetector
  readonly since: number
  last: number
}

type Rule = Pick<SensorDefinition, 'kind' | 'unit' | 'resolution'> & { readonly above: number }

/**
 * Watches the windows of gauges and counters as they are stored, and tells of those that are not what was expected as events
 * (`anomaly`): once for as long as it lasts, so many a day, and nothing in a series' first week.
 */
export class Anomalies implements Disposable {
  readonly #options: Required<AnomaliesOptions>
  readonly #forecasts: ModelForecasts
  readonly #followed = new Map<string, Followed>()
  readonly #listening: Disposable
  readonly #queue: WindowRecord[] = []
  #soon: NodeJS.Immediate | undefined
  #rules: ReadonlyMap<string, Rule> = new Map()
  #calendar: Calendar

  constructor(options: AnomaliesOptions) {
    this.#options = { mostADay: 20, mostSeries: 2000, ...options }
    this.#forecasts = new ModelForecasts(options.db)
    this.#calendar = calendar(options.timeZone)
    this.define(options.definitions)
    this.#listening = options.windows.onStored((windows) => {
      for (const window of windows)
        if (this.#rules.has(window.series.sensor) && isMeasured(window)) this.#queue.push(window)
      this.#lookSoon()
    })
  }

  /** Sensors as they are from now on. */
  define(definitions: readonly SensorDefinition[]): void {
    this.#rules = new Map(
      definitions.flatMap((definition): [string, Rule][] => {
        const { name, kind, unit, resolution, interval } = definition
        const { anomalyAbove: above } = qualityRulesOf(definition)
        return kind === 'event' || interval === 0 || above === 0 ? [] : [[name, { kind, unit, resolution, above }]]
      }),
    )
  }

  useTimeZone(timeZone: string): void {
    this.#calendar = calendar(timeZone)
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]()
    clearImmediate(this.#soon)
  }

  #lookSoon(): void {
    if (this.#queue.length > 0) this.#soon ??= setImmediate(() => this.#lookOn())
  }

  /** Until a series has been met anew: learning it takes some milliseconds, in which nothing else goes on. */
  #lookOn(): void {
    this.#soon = undefined
    const before = this.#followed.size
    let at = 0
    while (at < this.#queue.length && this.#followed.size === before) {
      this.#lookAt(this.#queue[at++]!)
    }
    this.#queue.splice(0, at)
    this.#lookSoon()
  }

  /** What cannot be read ends no agent: the window is passed by, and its series is learned with the next one. */
  #lookAt(window: WindowRecord): void {
    try {
      const rule = this.#rules.get(window.series.sensor)
      const followed = rule && this.#follow(window, rule)
      if (followed) this.#look(followed, window, rule)
    } catch (err) {
      this.#options.log.error({ err, ...window.series }, 'a window could not be looked at for anomalies')
    }
  }

  /** The detector of a series; one that is new learns first what is stored of it. */
  #follow({ series, start }: WindowRecord, rule: Rule): Followed | undefined {
    const key = `${series.sensor}/${series.entity}`
    const known = this.#followed.get(key)
    if (known) return known
    const { windows, mostSeries, log } = this.#options
    if (this.#followed.size >= mostSeries) return undefined
    let followed: Followed | undefined
    for (const window of windows.read({ ...series, from: start - HISTORY_MS, to: start })) {
      if (!isMeasured(window)) continue
      followed ??= { detector: new AnomalyDetector(), since: window.start, last: -Infinity }
      this.#look(followed, window, rule, start - TELL_AGAIN_MS)
    }
    followed ??= { detector: new AnomalyDetector(), since: start, last: -Infinity }
    this.#followed.set(key, followed)
    if (this.#followed.size === mostSeries) log.warn({ mostSeries }, 'no more series are watched for anomalies')
    return followed
  }

  /** @param tellFrom what lies before is only learned */
  #look(followed: Followed, window: WindowRecord, rule: Rule, tellFrom = -Infinity): void {
    const { start, end, count, sum, series } = window
    // What comes late has been passed by.
    if (start <= followed.last) return
    followed.last = start
    const total = fromSteps(sum, rule.resolution)
    const value = rule.kind === 'gauge' ? total / count : total
    const forecast = series.entity === '' ? this.#forecasts.at(series.sensor, start) : undefined
    const { detector, since } = followed
    const score = detector.next({ localMs: this.#calendar.wallClock(start), value, forecast })
    if (score > rule.above && start >= tellFrom && start - since >= WEEK_MS) {
      this.#tell(window, { rule, score, value, expected: detector.expected, end })
    }
  }

  #tell({ series: { sensor, entity }, start }: WindowRecord, { rule, score, value, expected, end }: Found): void {
    const { writer, log, mostADay: most } = this.#options
    const day = this.#calendar.windowAt(end - 1, '1d')
    const where = entity === '' ? sensor : `${sensor}/${entity}`
    const shown = (x: number) => `${Number(x.toPrecision(5))} ${rule.unit}`
    const event: EventRecord = {
      id: idOf('anomaly', sensor, entity, start),
      at: end - 1,
      severity: 'warning',
      code: 'anomaly',
      message: `${where}: ${shown(value)}, where ${shown(expected)} was expected`,
      detail: { sensor, entity, start, end, value, expected, score: Number(score.toPrecision(4)) },
    }
    const withheld: EventRecord = {
      id: idOf('anomalies-withheld', day.start),
      at: end - 1,
      severity: 'warning',
      code: 'anomalies-withheld',
      message: `More than ${most} anomalies on one day: no more are told before the next.`,
      detail: { most },
    }
    writer.call('anomalies.tell', { event, withheld, day, most }).catch((error: Error) => {
      log.error({ err: error, sensor, entity }, 'an anomaly could not be recorded')
    })
  }
}

interface Found {
  readonly rule: Rule
  readonly score: number
  readonly value: number
  readonly expected: number
  readonly end: number
}

/** A window with readings in it, of a moment. */
const isMeasured = ({ count, start, end }: WindowRecord) => count > 0 && end - start <= LONGEST_WINDOW_MS

/** The same of the same things, so that what is found again after a restart is told once: a version 8 UUID (RFC 9562). */
function idOf(...things: readonly (string | number)[]): string {
  const hex = createHash('sha256').update(JSON.stringify(things)).digest('hex')
  const variant = '89ab'[Number.parseInt(hex[16]!, 16) % 4]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
