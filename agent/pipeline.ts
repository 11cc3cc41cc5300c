import type { SiteDocument } from '@storecast/shared/contracts'
import { Anomalies } from './anomalies/index.ts'
import { Buffer } from './buffer/index.ts'
import type { AgentConfig } from './config.ts'
import { Decisions } from './decisions/index.ts'
import { Features } from './features/index.ts'
import { Forecaster } from './forecasts/index.ts'
import { DeviceMeasures, type HostLimits, Models, measuredEvery, RunMeasures } from './inference/index.ts'
import { Space } from './outbox/index.ts'
import { ballastFile } from './paths.ts'
import { Ballast } from './platform/ballast.ts'
import type { Clock } from './platform/clock.ts'
import { type Connection, fileBudget } from './platform/database.ts'
import type { Logger } from './platform/logger.ts'
import { usage } from './platform/usage.ts'
import type { Writer } from './platform/writer.ts'
import { Sensors } from './sensors/index.ts'
import type { ReadingTraces } from './sync/index.ts'
import type { DocumentsInForce } from './update/index.ts'
import { Windows } from './windows/index.ts'
import type { AgentProcedures } from './writer-thread.ts'

export interface PipelineOptions {
  readonly config: AgentConfig
  readonly documents: DocumentsInForce
  readonly writer: Writer<AgentProcedures>
  /** Sees what the writer has committed. */
  readonly db: Connection
  readonly clock: Clock
  /** Unix milliseconds that have certainly passed, 0 where nothing is known. */
  readonly knownTime: () => number
  /** Whether the clock was found right beside the cloud's; undefined: they have not been compared. */
  readonly clockTrusted: () => boolean | undefined
  readonly log: Logger
  readonly hostLimits?: Partial<HostLimits>
  readonly traces: ReadingTraces
}

/** One tick of the agent, from sensors to what the cloud hears of. */
export interface Pipeline extends AsyncDisposable {
  readonly sensors: Sensors
  readonly buffer: Buffer
  readonly windows: Windows
  readonly features: Features
  readonly models: Models
  /** Candidates, in a host of their own while there are any. */
  readonly shadows: Models
  readonly forecaster: Forecaster
  readonly decisions: Decisions
  /** Puts a site's document in force, wherever it matters. */
  apply(document: SiteDocument): Promise<void>
}

const MB = 1024 * 1024
const HOUR = 3_600_000
/** Readings that are rolled up at once. */
const MOST_ROLLED = 32_768

/**
 * sensors → buffer → windows → features → inference → forecasts → anomalies → decisions → outbox → sync
 *
 * Each stage is handed the one before it. Sources are the last to start and the first to stop: what they take in has its
 * whole way ahead of it. The outbox needs no hand: its triggers watch the tables of the stages before it; `agent.ts` adds
 * sync, which also brings what the cloud desires.
 */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { config, documents, writer, db, clock, log, traces, hostLimits } = options
  const { limits } = config
  const timeZone = documents.catalogue?.timeZone ?? config.timeZone
  await using stack = new AsyncDisposableStack()

  const buffer = stack.use(
    await Buffer.start({
      writer,
      db,
      clock,
      retentionMs: limits.rawHours * HOUR,
      commitDelayMs: limits.commitSeconds * 1000,
    }),
  )
  const capBytes = limits.databaseMb * MB
  const { walBytes, records } = fileBudget(capBytes)
  const ballast = new Ballast({ path: ballastFile(config), bytes: walBytes })
  const space = new Space({ writer, clock, log, capBytes, ballast })
  const windows = stack.use(
    await Windows.start({
      writer,
      db,
      buffer,
      clock,
      log,
      timeZone,
      keepRawMs: limits.rawHours * HOUR,
      rollEntries: Math.min(MOST_ROLLED, records),
      makeRoom: (needed) => space.makeRoom(needed),
    }),
  )
  const features = stack.use(new Features({ db, windows }))
  const hosts = { dataDirectory: config.dataDir, limits: { memoryBytes: limits.modelHostMb * MB, ...hostLimits } }
  const models = stack.use(new Models(hosts))
  await models.start()
  stack.use(new RunMeasures({ models, windows, writer, clock, log }))
  const shadows = stack.use(new Models({ ...hosts, background: true }))
  const measured = {
    read: () => usage(config.dataDir),
    everyMs: measuredEvery(config.clock === 'system' ? 1 : config.clock.speed),
  }
  stack.use(new DeviceMeasures({ windows, writer, clock, log, ...measured }))
  features.start()
  if (documents.catalogue) features.apply(documents.catalogue)
  if (documents.covariates) features.apply(documents.covariates)
  const forecaster = stack.use(new Forecaster({ writer, db, features, models, shadows, windows, clock, log }))
  await forecaster.start()
  const decisions = stack.use(new Decisions({ writer, db, features, models, forecaster, clock, log }))
  decisions.start()
  const definitions = documents.sensors?.sensors ?? config.sensors
  const anomalies = stack.use(new Anomalies({ writer, db, windows, log, timeZone, definitions }))
  const sensors = stack.use(
    await Sensors.start({
      intake: traces.watch(buffer),
      writer,
      clock,
      log,
      definitions,
      sources: config.sources,
      timeZone,
      device: config.device,
      maxBodyBytes: limits.bodyMb * MB,
      knownTime: options.knownTime,
      clockTrusted: options.clockTrusted,
    }),
  )

  const owned = stack.move()
  return {
    sensors,
    buffer,
    windows,
    features,
    models,
    shadows,
    forecaster,
    decisions,
    async apply(document) {
      switch (document.kind) {
        case 'sensors':
          await sensors.define(document.sensors)
          return anomalies.define(sensors.definitions)
        case 'catalogue':
          windows.useTimeZone(document.timeZone)
          sensors.useTimeZone(document.timeZone)
          anomalies.useTimeZone(document.timeZone)
          return features.apply(document)
        case 'covariates':
          return features.apply(document)
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
