import type { Decision } from './decisions.ts'
import type { Forecasts, ModelStatus, SensorStatus, Status } from './wire.ts'

/** Each has a title, a cause and a fix in every language: `attention.<code>.title`. */
export type AttentionCode =
  | 'no-model'
  | 'no-forecast'
  | 'model-stopped'
  | 'update-failed'
  | 'sensor-silent'
  | 'sensor-never'
  | 'sensor-doubtful'
  | 'source-down'
  | 'clock-wrong'
  | 'offline-cable'
  | 'offline-name'
  | 'offline-refused'
  | 'offline-certificate'
  | 'not-enrolled'
  | 'backlog-old'
  | 'certificate-ends'
  | 'updates-on-hold'
  | 'stale-orders'

/** `problem`: today's work suffers; `warning`: it will, if nobody looks; `note`: nothing to do. */
export type Level = 'problem' | 'warning' | 'note'

export interface Item {
  readonly code: AttentionCode
  readonly level: Level
  /** What the words name. */
  readonly about: Readonly<Record<string, string | number>>
  /** Unix ms that the words tell as `{time}`. */
  readonly time?: number
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Of a sensor's values: more than this is no slip. */
const DOUBTFUL = 0.02
const ENOUGH_VALUES = 20
/** Records that wait for a moment after somebody has chosen: a choice is of the hour in which its forecast was made. */
const FEW_RECORDS = 50
/** A certificate is renewed at two thirds of its life: in its last days something has gone wrong. */
const LAST_DAYS = 7 * DAY

interface Facts {
  readonly status: Status
  readonly forecasts: Forecasts | undefined
  readonly decisions: readonly Decision[] | undefined
  /** Real time by this tablet: certificates and orders of the head office are not in store time. */
  readonly realNow: number
}

/** What somebody in the shop should know or do, the worst first. */
export function attention({ status, forecasts, decisions, realNow }: Facts): readonly Item[] {
  const now = Date.parse(status.now)
  const items = [
    ...ofForecasts(status, forecasts, now),
    ...Object.entries(status.models).flatMap(([name, model]) => ofModel(name, model)),
    ...status.sensors.flatMap((sensor) => ofSensor(sensor, status)),
    ...status.sources.flatMap((source) => ofSource(source)),
    ...ofClock(status),
    ...ofLink(status, now),
    ...ofPapers(status, realNow),
    ...ofOrders(decisions ?? [], now),
  ]
  const order: readonly Level[] = ['problem', 'warning', 'note']
  return order.flatMap((level) => items.filter((item) => item.level === level))
}

function ofForecasts({ models, link }: Status, forecasts: Forecasts | undefined, now: number): Item[] {
  if (Object.values(models).every(({ active }) => active === null)) {
    return link.trouble !== null && /not enrolled/i.test(link.trouble)
      ? []
      : [{ code: 'no-model', level: 'problem', about: {} }]
  }
  if (forecasts === undefined) return []
  const ends = forecasts.models.map(({ end }) => Date.parse(end))
  const last = Math.max(...ends)
  // The first run comes with the model's schedule.
  if (ends.length === 0 || last > now) return []
  return [{ code: 'no-forecast', level: 'problem', about: {}, time: last }]
}

function ofModel(model: string, { active, phase, error }: ModelStatus): Item[] {
  if (active === null && (phase === 'failed' || error !== undefined))
    return [{ code: 'model-stopped', level: 'problem', about: { model } }]
  if (active !== null && (phase === 'failed' || phase === 'rolled-back'))
    return [{ code: 'update-failed', level: 'note', about: { model } }]
  return []
}

/** What was wrong with a sensor's values, as a share of all that came. */
export function doubtfulShare({ accepted, outOfRange, wrongType, wrongUnit }: SensorStatus): number {
  const bad = outOfRange + wrongType + wrongUnit
  // Readings out of range are kept and counted among those accepted.
  const all = accepted + wrongType + wrongUnit
  return all < ENOUGH_VALUES ? 0 : bad / all
}

/** A sensor that only speaks when something happens is not silent for having said nothing yet. */
function ofSensor(sensor: SensorStatus, { startedAt }: Status): Item[] {
  const about = { sensor: sensor.name }
  const found: Item[] = []
  if (sensor.heardAt === null && sensor.silent)
    found.push({ code: 'sensor-never', level: 'warning', about, time: Date.parse(startedAt) })
  else if (sensor.heardAt !== null && sensor.silent)
    found.push({ code: 'sensor-silent', level: 'problem', about, time: Date.parse(sensor.heardAt) })
  const share = doubtfulShare(sensor)
  if (share > DOUBTFUL) found.push({ code: 'sensor-doubtful', level: 'warning', about: { ...about, share } })
  return found
}

function ofSource({ name, trouble }: Status['sources'][number]): Item[] {
  return trouble === null ? [] : [{ code: 'source-down', level: 'problem', about: { source: name } }]
}

/** By the cloud's clock, where it has been heard; else by what readings say. */
function ofClock({ clock, sensors }: Status): Item[] {
  if (clock && !clock.trusted) return [{ code: 'clock-wrong', level: 'warning', about: {} }]
  const untrusted = sensors.reduce((sum, sensor) => sum + sensor.untrusted, 0)
  const all = sensors.reduce((sum, sensor) => sum + sensor.accepted, untrusted)
  const isWrong = all >= ENOUGH_VALUES && untrusted / all > DOUBTFUL
  return isWrong ? [{ code: 'clock-wrong', level: 'warning', about: {} }] : []
}

function ofLink({ link, backlog }: Status, now: number): Item[] {
  if (!link.configured) return []
  const { records: n, oldest, ageSeconds } = backlog
  if (link.connected) {
    if (oldest === null || n <= FEW_RECORDS || ageSeconds * 1000 < HOUR) return []
    return [{ code: 'backlog-old', level: 'note', about: { n }, time: Date.parse(oldest) }]
  }
  const code = causeOf(link.trouble ?? '')
  // A line that fails for a night is nothing; one that fails for a day needs somebody.
  const isLong = oldest !== null && now - Date.parse(oldest) > DAY
  const needsHelp = code !== 'offline-cable' && code !== 'offline-name'
  return [{ code, level: isLong || needsHelp ? 'problem' : 'warning', about: { n } }]
}

function causeOf(trouble: string): AttentionCode {
  if (/not enrolled/i.test(trouble)) return 'not-enrolled'
  if (/refused: |not authorized|quarantin/i.test(trouble)) return 'offline-refused'
  if (/certificate|self.signed|CERT/i.test(trouble)) return 'offline-certificate'
  if (/ENOTFOUND|EAI_AGAIN/.test(trouble)) return 'offline-name'
  return 'offline-cable'
}

function ofPapers({ certificateExpires, trust, link }: Status, now: number): Item[] {
  const found: Item[] = []
  const ends = certificateExpires === null ? undefined : Date.parse(certificateExpires)
  if (ends !== undefined && ends - now < LAST_DAYS)
    found.push({ code: 'certificate-ends', level: 'warning', about: {}, time: ends })
  const until = trust.desiredExpires === null ? undefined : Date.parse(trust.desiredExpires)
  if (link.connected && until !== undefined && until < now)
    found.push({ code: 'updates-on-hold', level: 'note', about: {}, time: until })
  return found
}

/** Suggestions that are still open when their lead time has half gone. */
function ofOrders(decisions: readonly Decision[], now: number): Item[] {
  const late = decisions.filter(({ open, start, end }) => {
    const [from, to] = [Date.parse(start), Date.parse(end)]
    return open && now > (from + to) / 2
  })
  if (late.length === 0) return []
  const time = Math.min(...late.map(({ end }) => Date.parse(end)))
  return [{ code: 'stale-orders', level: 'warning', about: { n: late.length }, time }]
}
