import { z } from 'zod'

/** Names that travel in MQTT topics, file paths and SQL: lower case, no separators of any of the three. */
const slug = (what: string, max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/, `${what}: lower-case letters, digits, "-" and "_" only`)

/** A device; equals the certificate's CN. */
export const DeviceId = slug('device', 64)
/** A shop: the entity that owns a time zone, labels and a language. */
export const SiteId = slug('site', 64)
export const SensorName = slug('sensor', 48)
export const ModelName = slug('model', 48)
/** What a model's forecasts decide, for example `reorder`. */
export const DecisionName = slug('decision', 48)
export const PolicyName = slug('policy', 64)
export const GroupName = slug('group', 64)
export const DatasetName = slug('dataset', 64)
export const AlertRuleName = slug('alert rule', 64)
export const AlertRouteName = slug('alert route', 64)
/** Names a secret that the cloud was started with; what it says is in no document. */
export const SecretName = slug('secret', 64)
/** Never a number: rollouts are also named by theirs. */
export const RolloutName = slug('rollout', 64).regex(/[^0-9]/, 'rollout: not a number alone')
/** The thing a series is about inside a site, for example a product number; empty for the site itself. */
export const EntityId = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9._-]*$/, 'entity: letters, digits, ".", "-" and "_" only')
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 digest in lower-case hex')

/** One measured series of a site: a sensor, and the entity where the sensor is per product. */
export interface SeriesKey {
  readonly sensor: string
  /** Empty for a series of the site itself. */
  readonly entity: string
}

/** `sales/1042` or `temperature`. */
export const seriesName = ({ sensor, entity }: SeriesKey): string => (entity === '' ? sensor : `${sensor}/${entity}`)
