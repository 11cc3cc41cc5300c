import { SensorName } from '@storecast/shared/contracts'
import { z } from 'zod'

const SourceName = z
  .string()
  .max(48)
  .regex(/^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/, 'source: lower-case letters, digits, "-" and "_" only')

/** Into a JSON document: names with dots between, or a list of names where one has a dot; array places are numbers. */
const Path = z.union([
  z
    .string()
    .min(1)
    .max(200)
    .transform((path) => path.split('.')),
  z.array(z.string().max(100)).min(1).max(12),
])
export type Path = z.infer<typeof Path>

/**
 * How a time is written. `local`: date and time of the site without an offset (Tasmota). Left out: ISO 8601 with an offset
 * for text, milliseconds or seconds by size for numbers.
 */
const TimeFormat = z.enum(['iso', 'local', 'ms', 's'])
export type TimeFormat = z.infer<typeof TimeFormat>

/** A value on its way to a sensor: `value × scale + offset`. */
const conversion = {
  sensor: SensorName,
  scale: z.number().default(1),
  offset: z.number().default(0),
  /** Numbers for words, for example `{ ON: 1, OFF: 0 }`. */
  values: z.record(z.string().max(64), z.number()).optional(),
}
const Conversion = z.strictObject(conversion)
export type Conversion = z.infer<typeof Conversion>

/** What a series is about, where its sensor is one per product. */
const MqttEntity = z.union([
  /** Of the topic, counted from 0. */
  z.strictObject({ topicLevel: z.int().nonnegative().max(32) }),
  z.strictObject({ path: Path }),
  z.strictObject({ value: z.string().max(64) }),
])

/** Messages of one topic filter. Fields that a payload does not have are passed over: devices send what has changed. */
export const TopicMapping = z.strictObject({
  /** As `zigbee2mqtt/+`. */
  filter: z
    .string()
    .min(1)
    .max(256)
    .refine(isTopicFilter, 'a topic filter: "+" stands for one whole level, "#" ends it'),
  /** `text`: the payload is the value, as Shelly's first generation sends it. */
  payload: z.enum(['json', 'text']).default('json'),
  /** Where a message says what it is about, as a product. */
  entity: MqttEntity.optional(),
  /** Left out: when it arrives. */
  time: z.strictObject({ path: Path, format: TimeFormat.optional() }).optional(),
  /** Of events: a message that the broker repeats is then counted once. */
  id: Path.optional(),
  /** For `text`, one without a path. */
  fields: z
    .array(
      z.strictObject({
        ...conversion,
        path: Path.optional(),
        /** Where the payload says its unit, and what it must say there; left out, the sensor's unit. */
        unit: z.strictObject({ path: Path, is: z.string().min(1).max(24).optional() }).optional(),
      }),
    )
    .min(1)
    .max(64),
})
export type TopicMapping = z.infer<typeof TopicMapping>

const MqttSource = z.strictObject({
  kind: z.literal('mqtt'),
  name: SourceName,
  /** `mqtt://` or `mqtts://`. */
  url: z.url({ protocol: /^mqtts?$/ }),
  username: z.string().max(128).optional(),
  /** File with the password. */
  passwordFile: z.string().max(500).optional(),
  /** Kept by the broker: what comes while the agent is away waits there. Default: from the device and the source's name. */
  clientId: z.string().min(1).max(64).optional(),
  /** Messages to gather before a commit; fewer where the broker is found to wait earlier (Mosquitto's window is 20). */
  inFlight: z.int().min(1).max(65_535).default(16),
  maxPayloadBytes: z.int().min(64).default(65_536),
  topics: z.array(TopicMapping).min(1).max(64),
})
export type MqttSource = z.infer<typeof MqttSource>

const Speed = z.union([
  /** As fast as possible. */
  z.literal('max'),
  /** A row when the store's clock reaches its time: what is past at once, the rest as it comes due. */
  z.literal('clock'),
  /** This many times as fast as it happened. */
  z.number().positive(),
])

const CsvSource = z.strictObject({
  kind: z.literal('csv'),
  name: SourceName,
  /** A file with a header line; `.gz` is unpacked. Rows in order of time. */
  path: z.string().min(1).max(500),
  /** How fast it is played: at once, as the store's clock reaches each row, or so many times faster than it happened. */
  speed: Speed.default('clock'),
  delimiter: z.string().length(1).default(','),
  time: z.strictObject({ column: z.string().default('time'), format: TimeFormat.optional() }).prefault({}),
  /** Columns of every row; each may be absent from the file but where it is named here. */
  entity: z.string().optional(),
  id: z.string().optional(),
  /** Left out, a row is one reading: `time,sensor,entity,value,id`. */
  columns: z
    .array(z.strictObject({ ...conversion, column: z.string() }))
    .min(1)
    .max(512)
    .optional(),
})
export type CsvSource = z.infer<typeof CsvSource>

/** Where points of InfluxDB line protocol go; without one, a measurement's field `value` is the sensor of its name. */
const InfluxSource = z.strictObject({
  kind: z.literal('influx'),
  name: SourceName,
  points: z
    .array(
      z.strictObject({
        ...conversion,
        measurement: z.string().min(1).max(200),
        field: z.string().min(1).max(200),
        /** Only points with these tags. */
        where: z.record(z.string(), z.string()).default({}),
        entityTag: z.string().max(200).optional(),
        /** Tag or text field with the event's id. */
        id: z.string().max(200).optional(),
      }),
    )
    .min(1)
    .max(512),
})
export type InfluxSource = z.infer<typeof InfluxSource>

export const SourceConfig = z.discriminatedUnion('kind', [MqttSource, CsvSource, InfluxSource])
export type SourceConfig = z.infer<typeof SourceConfig>

export const SourceConfigs = z
  .array(SourceConfig)
  .max(64)
  .refine((all) => new Set(all.map((s) => s.name)).size === all.length, 'source names must differ')

/** MQTT 3.1.1, section 4.7.1. */
function isTopicFilter(filter: string): boolean {
  const levels = filter.split('/')
  return levels.every((level, i) =>
    level.includes('#') ? level === '#' && i === levels.length - 1 : !level.includes('+') || level === '+',
  )
}
