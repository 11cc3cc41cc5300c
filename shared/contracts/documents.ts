import { z } from 'zod'
import { TRACEPARENT } from '../tracing/traceparent.ts'
import { DeviceId, EntityId, ModelName, Sha256, SiteId } from './names.ts'
import { SensorDefinitions } from './sensors.ts'

/**
 * Content-addressed JSON documents that a desired state points to. A device fetches one by its digest, checks it, and
 * keeps it; the same digest is never fetched twice.
 */

/** What the cloud knows of a site and what is sold there. */
export const CatalogueDocument = z.strictObject({
  kind: z.literal('catalogue'),
  site: SiteId,
  timeZone: z.string().min(1).max(64),
  labels: z.record(z.string(), z.string()).default({}),
  /** Static attributes by entity, for example `{ category1: "5", category3: "65" }`. */
  entities: z.array(z.strictObject({ id: EntityId.min(1), attributes: z.record(z.string(), z.string()) })).max(20_000),
})
export type CatalogueDocument = z.infer<typeof CatalogueDocument>

export const SensorsDocument = z.strictObject({ kind: z.literal('sensors'), sensors: SensorDefinitions })
export type SensorsDocument = z.infer<typeof SensorsDocument>

/** A local calendar day, `2026-03-29`. */
export const LocalDay = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a local day, YYYY-MM-DD')

/**
 * What is known ahead of time: weather forecasts, promotions, holidays; one value a local day. Columns are parallel
 * arrays over `days`; `null` says "not known". A later `issuedAt` replaces an earlier one.
 */
export const CovariatesDocument = z.strictObject({
  kind: z.literal('covariates'),
  site: SiteId,
  /** Unix milliseconds at which this was known: point-in-time joins never see a later one. */
  issuedAt: z.int().nonnegative(),
  days: z.array(LocalDay).max(800),
  /** By covariate name, for the whole site (weather, holiday). */
  site_values: z.record(z.string(), z.array(z.number().nullable())),
  /** By covariate name, then entity (discount, activity). */
  entity_values: z.record(z.string(), z.record(z.string(), z.array(z.number().nullable()))),
})
export type CovariatesDocument = z.infer<typeof CovariatesDocument>

export const SiteDocument = z.discriminatedUnion('kind', [CatalogueDocument, SensorsDocument, CovariatesDocument])
export type SiteDocument = z.infer<typeof SiteDocument>
export type DocumentKind = SiteDocument['kind']

/** A blob the cloud serves at `GET /v1/objects/{sha256}` (HTTPS, device token, `Range` honoured). */
export const ObjectRef = z.strictObject({
  sha256: Sha256,
  bytes: z
    .int()
    .positive()
    .max(256 * 1024 * 1024),
})
export type ObjectRef = z.infer<typeof ObjectRef>

/** A version of a model, and where its bytes are. */
const ModelTarget = z.strictObject({ version: z.int().positive(), bundle: ObjectRef })
export type ModelTarget = z.infer<typeof ModelTarget>

const DesiredModel = z.strictObject({
  ...ModelTarget.shape,
  /** Runs in shadow beside the version that serves, on the same inputs, and never serves. */
  candidate: ModelTarget.optional(),
})

const WallTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a local time, HH:MM')

/** How a device goes about changing a version that serves. A first version waits for nothing. */
export const UpdatePolicy = z.strictObject({
  /** Hours of the shop's local day in which models may be fetched and switched; over midnight where `to` is earlier. */
  window: z
    .strictObject({ from: WallTime, to: WallTime })
    .refine(({ from, to }) => from !== to, 'a window that opens and closes at once')
    .optional(),
  /** Devices begin spread over this long, each at a moment of its own. */
  spreadSeconds: z.int().nonnegative().max(86_400).optional(),
  /** Mean rate of the download, where it is lower than the device's own limit. */
  bytesPerSecond: z.int().min(1024).optional(),
  /** Store time that a new version serves on probation; 0, the default: none. */
  soakMinutes: z.int().nonnegative().max(10_080).optional(),
  /** Budget of the soak: more ends of its host than this (default 0) send the version back. */
  maxCrashes: z.int().nonnegative().max(1000).optional(),
  /** A share of failed runs above this (default 0.05), or of runs slower than `maxLatencyMs` (default 10 s). */
  maxFailedShare: z.number().min(0).max(1).optional(),
  maxLatencyMs: z.int().positive().max(600_000).optional(),
})
export type UpdatePolicy = z.infer<typeof UpdatePolicy>

/**
 * Retained on `storecast/v1/{device}/desired`, as the payload of a JWS. A set keyed by model name; what is absent is removed
 * from the device.
 */
export const DesiredState = z.strictObject({
  version: z.literal(1),
  /** The device it is for: another refuses it. */
  device: DeviceId,
  /** Only grows: max(last + 1, unix seconds). A lower or equal one is ignored. */
  generation: z.int().positive(),
  /**
   * Unix seconds from which on no new step is taken by it; what serves goes on. Signed again, the same generation has a later
   * one.
   */
  expires: z.int().positive(),
  site: SiteId,
  /** Base URL of the cloud's HTTP API as this device reaches it. */
  api: z.url(),
  documents: z.partialRecord(z.enum(['catalogue', 'sensors', 'covariates']), ObjectRef),
  models: z.record(ModelName, DesiredModel),
  update: UpdatePolicy.optional(),
  /** W3C Trace Context of what made this generation, where the cloud is traced. */
  traceparent: z.string().regex(TRACEPARENT).optional(),
})
export type DesiredState = z.infer<typeof DesiredState>

/**
 * Where a version is on its way: `waiting` for its hour, then as the steps are named; `soak`: it serves on probation;
 * `shadow`: it runs beside the version that serves.
 */
const UpdatePhase = z.enum([
  'waiting',
  'download',
  'verify',
  'stage',
  'golden',
  'shadow',
  'activate',
  'soak',
  'rolled-back',
  'failed',
  'active',
])
export type UpdatePhase = z.infer<typeof UpdatePhase>

/** Stable code and message of the last failure, e.g. `golden-mismatch`. */
const ReportedError = z.strictObject({ code: z.string().max(64), message: z.string().max(500) })

/** What a device says of itself; one record, replaced whole. */
export const ReportedState = z.strictObject({
  site: SiteId,
  agentVersion: z.string().max(32),
  generation: z.int().nonnegative(),
  models: z.record(
    ModelName,
    z.strictObject({
      /** The version that serves; null before the first. */
      active: z.int().positive().nullable(),
      target: z.int().positive().nullable(),
      phase: UpdatePhase,
      error: ReportedError.optional(),
      /** Store time of the last change of phase. */
      at: z.int().nonnegative(),
      /** The version in shadow, or on its way there. */
      candidate: z
        .strictObject({
          version: z.int().positive(),
          phase: UpdatePhase,
          error: ReportedError.optional(),
          at: z.int().nonnegative(),
        })
        .optional(),
    }),
  ),
  documents: z.partialRecord(z.enum(['catalogue', 'sensors', 'covariates']), Sha256),
})
export type ReportedState = z.infer<typeof ReportedState>
