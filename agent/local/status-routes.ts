import {
  type ClockDifference,
  type EventRecord,
  isClockTrusted,
  type ReportedState,
  type SensorDefinition,
} from '@storecast/shared/contracts'
import { fromSteps } from '@storecast/shared/windows'
import type { SensorHeard } from '../buffer/index.ts'
import { backlog, concededCounts } from '../outbox/index.ts'
import { type Connection, sizeOf } from '../platform/database.ts'
import type { RefusalCount, SourceState } from '../sensors/index.ts'
import type { TrustStatus } from '../trust/index.ts'
import type { Route } from './routes.ts'

export interface LinkStatus {
  /** False: the agent works alone. */
  readonly configured: boolean
  readonly connected: boolean
  /** Why not, in words; undefined while connected, and where there is no cloud. */
  readonly trouble: string | undefined
}

/** What the agent is, at the moment it is asked. */
export interface StatusSources {
  readonly device: string
  readonly agentVersion: string
  readonly startedAt: number
  readonly now: () => number
  readonly timeZone: () => string
  readonly db: Connection
  /** Bytes that the database may take, its write-ahead log included. */
  readonly capBytes: number
  readonly sensors: () => readonly SensorDefinition[]
  readonly heard: () => ReadonlyMap<string, Readonly<SensorHeard>>
  /** Journal entries that are in no window yet. */
  readonly waiting: () => number
  readonly sources: () => readonly SourceState[]
  readonly refusals: () => readonly RefusalCount[]
  readonly reported: () => ReportedState | undefined
  readonly host: () => { readonly pid: number; readonly rss: number } | undefined
  /** Of candidates; there only while one is. */
  readonly shadowHost: () => { readonly pid: number; readonly rss: number } | undefined
  readonly trust: () => TrustStatus
  readonly link: () => LinkStatus
  /** Unix ms; undefined without a certificate. */
  readonly certificateExpires: () => number | undefined
  /** How far the device's own clock is off; undefined until the cloud has been heard. */
  readonly clock: () => ClockDifference | undefined
}

const LAST_EVENTS = 20

/** `GET /v1/status`: one look at everything a person would ask a device first. */
export function statusRoutes(sources: StatusSources): Route[] {
  return [{ method: 'GET', path: '/v1/status', staff: true, handle: () => ({ json: describeAgent(sources) }) }]
}

export function describeAgent(sources: StatusSources): object {
  const now = sources.now()
  const { records, oldest } = backlog(sources.db)
  const reported = sources.reported()
  return {
    device: sources.device,
    site: reported?.site ?? null,
    agentVersion: sources.agentVersion,
    startedAt: iso(sources.startedAt),
    now: iso(now),
    timeZone: sources.timeZone(),
    generation: reported?.generation ?? null,
    documents: reported?.documents ?? {},
    models: Object.fromEntries(
      Object.entries(reported?.models ?? {}).map(([name, model]) => [name, { ...model, at: iso(model.at) }]),
    ),
    modelHost: describeHost(sources.host()),
    shadowHost: describeHost(sources.shadowHost()),
    link: describeLink(sources.link()),
    certificateExpires: sources.certificateExpires() === undefined ? null : iso(sources.certificateExpires()!),
    trust: describeTrust(sources.trust()),
    clock: describeClock(sources.clock()),
    backlog: {
      records,
      oldest: oldest === undefined ? null : iso(oldest),
      ageSeconds: oldest === undefined ? 0 : Math.max(0, Math.round((now - oldest) / 1000)),
    },
    space: {
      databaseBytes: sizeOf(sources.db).usedBytes,
      capBytes: sources.capBytes,
      givenUp: concededCounts(sources.db).map(({ at, ...count }) => ({ ...count, at: iso(at) })),
    },
    journal: { waiting: sources.waiting() },
    sensors: sources.sensors().map((sensor) => ({
      ...describeSensor(sensor, sources.heard().get(sensor.name), now),
      latest: describeLatest(sources.db, sensor),
    })),
    sources: sources.sources().map(({ trouble, ...source }) => ({ ...source, trouble: trouble ?? null })),
    refused: sources.refusals(),
    lastErrors: lastErrors(sources.db).map((event) => ({ ...event, at: iso(event.at) })),
  }
}

/** What this device goes by where it judges models and desired states. */
function describeTrust({ roles, development, refreshedAt, desiredExpires, lastRefusal }: TrustStatus): object {
  const orNull = (time: number | undefined) => (time === undefined ? null : iso(time))
  const states = Object.entries(roles).map(([role, { version, expires }]) => [role, { version, expires: iso(expires) }])
  return {
    development,
    metadata: Object.fromEntries(states),
    refreshedAt: orNull(refreshedAt),
    desiredExpires: orNull(desiredExpires),
    lastRefusal: lastRefusal ? { ...lastRefusal, at: iso(lastRefusal.at) } : null,
  }
}

/** The device's own clock beside the cloud's; the store's may be a made-up one. */
const describeClock = (found: ClockDifference | undefined) =>
  found
    ? {
        trusted: isClockTrusted(found),
        aheadSeconds: found.ahead / 1000,
        withinSeconds: found.within / 1000,
        checkedAt: iso(found.checkedAt),
      }
    : null

const describeHost = (host: ReturnType<StatusSources['host']>) =>
  host ? { pid: host.pid, residentBytes: host.rss } : null

const describeLink = ({ configured, connected, trouble }: LinkStatus) => ({
  configured,
  connected,
  trouble: trouble ?? null,
})

/** Of a gauge of the whole site: what it last said in its newest closed window. */
function describeLatest(db: Connection, { name, kind, resolution }: SensorDefinition): object | null {
  if (kind !== 'gauge') return null
  const found = db
    .statement<[string], { last: number; end: number }>(
      `SELECT w.last, w."end" FROM windows w JOIN series s ON s.id = w.series
       WHERE s.sensor = ? AND s.entity = '' AND w.count > 0 ORDER BY w.start DESC LIMIT 1`,
    )
    .get(name)
  return found === undefined ? null : { value: fromSteps(found.last, resolution), at: iso(found.end) }
}

/** A sensor with an expected interval is silent after three of them. */
function describeSensor({ name, kind, unit, interval }: SensorDefinition, heard: SensorHeard | undefined, now: number) {
  const since = heard === undefined ? Infinity : now - heard.at
  return {
    name,
    kind,
    unit,
    heardAt: heard === undefined ? null : iso(heard.at),
    silent: interval > 0 && since > 3 * interval * 1000,
    accepted: heard?.accepted ?? 0,
    outOfRange: heard?.outOfRange ?? 0,
    duplicate: heard?.duplicate ?? 0,
    wrongType: heard?.wrongType ?? 0,
    wrongUnit: heard?.wrongUnit ?? 0,
    untrusted: heard?.untrusted ?? 0,
  }
}

function lastErrors(db: Connection): Omit<EventRecord, 'detail' | 'id'>[] {
  return db
    .statement<[number], Omit<EventRecord, 'detail' | 'id'>>(
      "SELECT at, severity, code, message FROM events WHERE severity <> 'info' ORDER BY at DESC LIMIT ?",
    )
    .all(LAST_EVENTS)
}

const iso = (time: number) => new Date(time).toISOString()
