import { randomUUID } from 'node:crypto'
import { type EventRecord, isClockTrusted, type MadeUpClock } from '@storecast/shared/contracts'
import type { Registry } from 'prom-client'
import { z } from 'zod'
import type { AgentStatus } from './checks.ts'
import type { AgentConfig, AgentSecrets } from './config.ts'
import { examineMyself, examineNetwork } from './doctor.ts'
import { openIdentity, post } from './identity/index.ts'
import { identitySettings } from './identity-settings.ts'
import type { HostLimits } from './inference/index.ts'
import { decisionRoutes } from './local/decision-routes.ts'
import { forecastRoutes } from './local/forecast-routes.ts'
import { inferenceRoutes } from './local/inference-routes.ts'
import { createMetrics } from './local/metrics.ts'
import { startLocalServer } from './local/server.ts'
import { describeAgent, type StatusSources, statusRoutes } from './local/status-routes.ts'
import manifest from './package.json' with { type: 'json' }
import { builtPage, pageRoutes, Sessions, staffSessions, Tries } from './page/index.ts'
import { databaseFile, objectsFolder, pinFile, sessionsFile } from './paths.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { type Clock, fastClock, systemClock } from './platform/clock.ts'
import { openReading } from './platform/database.ts'
import { makeDirectory } from './platform/files.ts'
import { lockDirectory } from './platform/lock.ts'
import { createLogger, type Logger } from './platform/logger.ts'
import { RecentLogs } from './platform/recent-logs.ts'
import { openTracing } from './platform/tracing.ts'
import { startWriter } from './platform/writer.ts'
import { makeSupportBundle, redactText, Support } from './support/index.ts'
import { CloudTime, ReadingTraces, Sync } from './sync/index.ts'
import { DesiredIntake, keepFresh, readTime, TrustTime } from './trust/index.ts'
import { approvalBy, openGate } from './trust-tools.ts'
import { download, openObjectStore, Reconciler, readDesired, restoreDocuments } from './update/index.ts'
import type { AgentProcedures } from './writer-thread.ts'

/** Parts that tests and simulations replace. */
export interface AgentOverrides {
  readonly clock?: Clock
  readonly log?: Logger
  readonly hostLimits?: Partial<HostLimits>
}

export interface Agent extends AsyncDisposable {
  /** Where the local HTTP interface listens. */
  readonly url: string
  readonly pipeline: Pipeline
  readonly reconciler: Reconciler
  /** What it counts, as `/metrics` tells it: for a program that tells its own beside it. */
  readonly metrics: Registry
  /** Takes a signed desired state in, as one that came from the broker. */
  receive(payload: Uint8Array): void
  /** Rejects when the agent cannot go on: its database writer is gone. */
  readonly failed: Promise<never>
}

const MB = 1024 * 1024
const STALL_MS = 30_000
const BACKOFF = { baseMs: 1000, capMs: 600_000 }

/**
 * Builds the agent in the order in which things flow through it, and connects its two flows: what the cloud desires is
 * reconciled into the pipeline, and what the pipeline makes is told to the cloud. Disposing it stops everything it started,
 * with what has been acknowledged durable.
 * @throws AlreadyRunning, WriterError, ConfigError
 */
export async function startAgent(
  config: AgentConfig,
  secrets: AgentSecrets,
  overrides: AgentOverrides = {},
): Promise<Agent> {
  const clock = overrides.clock ?? clockOf(config)
  const startedAt = clock.now()
  await using stack = new AsyncDisposableStack()
  const tracing = stack.use(
    await openTracing({
      endpoint: config.tracing?.endpoint,
      service: 'storecast-agent',
      version: manifest.version,
      instance: config.device,
    }),
  )
  const traces = new ReadingTraces(tracing, (config.tracing?.everySeconds ?? 0) * 1000)
  const bindings = { device: config.device }
  const recent = new RecentLogs()
  const log = overrides.log ?? createLogger({ level: config.logLevel, bindings, fields: tracing.logFields, recent })

  await makeDirectory(config.dataDir)
  stack.use(lockDirectory(config.dataDir))
  const file = databaseFile(config)
  const capBytes = config.limits.databaseMb * MB
  const entry = new URL('./writer-thread.ts', import.meta.url)
  const writer = stack.use(await startWriter<AgentProcedures>(entry, { file, capBytes }))
  const db = stack.adopt(openReading(file), (connection) => void connection.close())
  const store = await openObjectStore(objectsFolder(config))

  const time = new TrustTime(readTime(db).known)
  const cloudTime = new CloudTime()
  // A store clock that is made up says nothing about the device's.
  const ownClock = config.clock === 'system' && !overrides.clock
  const documents = await restoreDocuments({ reader: db, writer, store, log })
  const pipeline = stack.use(
    await startPipeline({
      ...{ config, documents, writer, db, clock, log, traces, ...pick(overrides, 'hostLimits') },
      knownTime: () => (ownClock ? time.known() : 0),
      clockTrusted: () => (ownClock ? cloudTime.difference && isClockTrusted(cloudTime.difference) : true),
    }),
  )

  const tell = (event: Omit<EventRecord, 'id' | 'at'>) =>
    writer.call('events.record', { id: randomUUID(), at: clock.now(), ...event })
  stack.use(
    pipeline.models.onIncident(({ code, model, message }) => {
      const event = {
        severity: 'warning',
        code: 'model-host-replaced',
        message,
        detail: { reason: code, model: model ?? '' },
      } as const
      tell(event).catch((err) => log.error({ err, incident: code }, 'an incident could not be recorded'))
    }),
  )

  // What this device complains of is told to the cloud; what fails on the way there stays in the log.
  stack.use(
    recent.onComplaint(({ severity, message, trace, others }) => {
      const detail = { ...(trace !== undefined && { trace }), ...(others > 0 && { others }) }
      tell({ severity, code: 'log', message: redactText(message), detail }).catch(() => undefined)
    }),
  )

  const { deviceToken } = secrets
  const settings = await identitySettings(config, secrets)
  const identity = settings && stack.use(await openIdentity(settings, log, () => time.now()))
  const gate = stack.use(openGate({ config, identity, time, writer, db, store, log, now: clock.now }))
  const reconciler = stack.use(
    new Reconciler({
      writer,
      reader: db,
      store,
      models: pipeline.models,
      shadows: pipeline.shadows,
      applyDocument: pipeline.apply,
      requireApproved: approvalBy(gate, store),
      fetch: ({ bytesPerSecond = Number.POSITIVE_INFINITY, ...request }) =>
        download({
          ...request,
          store,
          credentials: identity?.current ?? { ...(deviceToken !== undefined && { token: deviceToken }), tls: {} },
          bytesPerSecond: Math.min(bytesPerSecond, config.cloud?.downloadBytesPerSecond ?? MB),
          stallMs: STALL_MS,
          requireTls: identity?.current?.broker.startsWith('mqtts:') ?? false,
        }),
      clock,
      trustNow: () => gate.now(),
      log,
      tracing,
      agentVersion: manifest.version,
      device: config.device,
      timeZone: () => pipeline.features.timeZone() ?? config.timeZone,
      backoff: BACKOFF,
    }),
  )
  await reconciler.start()
  const intake = stack.use(new DesiredIntake({ gate, follow: (desired) => reconciler.desire(desired), log }))
  if (config.cloud) stack.use(keepFresh({ gate }))

  const sync =
    config.cloud &&
    identity &&
    stack.use(
      new Sync({
        device: config.device,
        identity,
        writer,
        db,
        log,
        traces,
        cloudTime,
        madeUpClock: config.clock === 'system' ? undefined : madeUp(clock, config.clock.speed),
        onDesired: (payload) => intake.receive(payload),
        onSupport: (id) => support.asked(id),
        uplink: { bytesPerSecond: config.cloud.uplinkBytesPerSecond },
      }),
    )
  const status: StatusSources = {
    device: config.device,
    agentVersion: manifest.version,
    startedAt,
    now: clock.now,
    timeZone: () => pipeline.features.timeZone() ?? config.timeZone,
    db,
    capBytes,
    sensors: () => pipeline.sensors.definitions,
    heard: () => pipeline.buffer.heard,
    waiting: () => pipeline.windows.waiting,
    sources: () => pipeline.sensors.sources,
    refusals: () => pipeline.sensors.refusals,
    reported: () => reconciler.reported(),
    host: () => pipeline.models.host(),
    shadowHost: () => pipeline.shadows.host(),
    trust: () => gate.status,
    link: () => {
      const { connected, trouble } = sync?.status ?? { connected: false, trouble: undefined }
      return {
        configured: sync !== undefined,
        connected,
        trouble: connected ? trouble : (identity?.trouble ?? trouble),
      }
    },
    certificateExpires: () => identity?.expiresAt,
    clock: () => cloudTime.difference,
  }
  const patient = () => ({ config, secrets, db, status: describeAgent(status) as AgentStatus })
  const supportSources = {
    status: () => describeAgent(status),
    config: () => config,
    logLines: () => recent.lines,
    doctor: () => examineMyself(patient()),
  }
  const support = stack.use(
    new Support({
      sources: supportSources,
      send: async (id, archive, signal) => {
        const api = readDesired(db)?.api
        const tls = identity?.current?.tls
        if (!api?.startsWith('https:') || !tls)
          throw new Error('only a device with a certificate sends support bundles')
        const body = { archive: archive.toString('base64') }
        await post(`${api}/v1/support-bundles/${id}`, { body, tls, answer: z.unknown(), signal })
      },
      log,
    }),
  )
  sync?.start()

  const metrics = createMetrics(status)
  const { device } = config
  const sessions = new Sessions({ pinFile: pinFile(config), file: sessionsFile(config), now: Date.now })
  const server = stack.use(
    await startLocalServer({
      host: config.http.host,
      port: config.http.port,
      token: secrets.httpToken,
      staff: staffSessions({ device, sessions }),
      log,
      onAnswered: metrics.onAnswered,
      routes: [
        ...inferenceRoutes({
          models: pipeline.models,
          agentVersion: manifest.version,
          maxBodyBytes: config.limits.bodyMb * MB,
        }),
        ...forecastRoutes({
          db,
          models: pipeline.models,
          nameOf: (entity) => pipeline.features.attributesOf(entity)?.name,
          now: clock.now,
        }),
        ...decisionRoutes({
          db,
          decisions: pipeline.decisions,
          nameOf: (entity) => pipeline.features.attributesOf(entity)?.name,
          now: clock.now,
        }),
        ...statusRoutes(status),
        ...metrics.routes,
        ...pipeline.sensors.routes,
        ...pageRoutes({
          device,
          catalogue: () => pipeline.features.catalogue,
          sessions,
          tries: new Tries(() => performance.now()),
          testNetwork: () => examineNetwork(patient()),
          supportBundle: () => makeSupportBundle(supportSources),
          folder: builtPage(import.meta.url),
          log,
        }),
      ],
    }),
  )

  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  void writer.ended.then((reason) => reason && failed.reject(reason))
  log.info({ url: server.url, version: manifest.version, dataDir: config.dataDir }, 'the agent runs')
  const owned = stack.move()
  return {
    url: server.url,
    pipeline,
    reconciler,
    metrics: metrics.register,
    receive: (payload) => intake.receive(payload),
    failed: failed.promise,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function clockOf({ clock }: AgentConfig): Clock {
  if (clock === 'system') return systemClock()
  const { start, speed, since } = clock
  return fastClock({ start: Date.parse(start), speed, ...(since === undefined ? {} : { since: Date.parse(since) }) })
}

const madeUp = (clock: Clock, speed: number) => (): MadeUpClock => ({ time: clock.now(), speed })

/** A property where it is there: `exactOptionalPropertyTypes` wants it absent, not undefined. */
function pick<T extends object, K extends keyof T>(from: T, key: K): Partial<Pick<T, K>> {
  return from[key] === undefined ? {} : ({ [key]: from[key] } as Pick<T, K>)
}
