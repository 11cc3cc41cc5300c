import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { LabelName, ModelName } from '@storecast/shared/contracts'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { ROLES } from './people/index.ts'
import { SetupError } from './platform/errors.ts'
import { readText } from './platform/files.ts'

const Port = z.int().min(0).max(65_535)
const Host = z.string().min(1).max(255)

const CohortTerm = z.strictObject({ label: LabelName, value: z.string().max(64) })
/** At least a month, so that what is late as devices are comes in time. */
const KeptDays = z.int().min(31).max(36_500).nullable()
const longest = (days: number | null) => days ?? Number.POSITIVE_INFINITY

/** What a file may say. Secrets are not here: they come from the environment, or from files that it names. */
export const Settings = z.strictObject({
  /** Folder of the database, the objects and training's working files. */
  data: z.string().min(1).default('storecast-data'),
  /** The API and the console. */
  http: z
    .strictObject({
      /** Another than a loopback address needs an operator's token. */
      host: Host.default('127.0.0.1'),
      /** 0: any free one. */
      port: Port.default(8080),
      /** As devices reach it; by default the listener's own address. */
      publicUrl: z.url({ protocol: /^https?$/ }).optional(),
      /**
       * Addresses of reverse proxies, or ranges of them as `10.0.0.0/8`: who calls is then whom their `X-Forwarded-For` names.
       * Otherwise everybody behind one counts as one caller, for the audit log and for the limit of wrong passwords.
       */
      trustedProxies: z
        .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
        .max(64)
        .optional(),
    })
    .prefault({}),
  /** The embedded broker; not used where MQTT_URL names another. */
  mqtt: z.strictObject({ host: Host.default('127.0.0.1'), port: Port.default(1883) }).prefault({}),
  /** The devices' HTTPS listener: enrolment, renewal and objects, under their certificates. */
  devices: z
    .strictObject({
      host: Host.default('127.0.0.1'),
      port: Port.default(8443),
      /** As devices reach it; by default the listener's own address. */
      publicUrl: z.url({ protocol: /^https$/ }).optional(),
    })
    .prefault({}),
  /** The embedded broker under the devices' certificates. */
  mqtts: z
    .strictObject({
      host: Host.default('127.0.0.1'),
      port: Port.default(8883),
      /** As devices reach it; needed where MQTT_URL names another broker. */
      publicUrl: z.url({ protocol: /^mqtts$/ }).optional(),
    })
    .prefault({}),
  /** Certificates of devices. */
  identity: z
    .strictObject({
      /** Of the certificate authority's key; in no backup. By default `identity` in the data folder. */
      folder: z.string().min(1).optional(),
      /** Of an authority made elsewhere, on P-256; by default the cloud makes one in its data folder. */
      authority: z.strictObject({ keyFile: z.string().min(1), certificateFile: z.string().min(1) }).optional(),
      /** Life of a device's certificate; it is renewed at two thirds. */
      certificateDays: z.int().min(1).max(3650).default(90),
      /** How long after its end a certificate that was not revoked still asks for a new one, for devices long offline. */
      renewExpiredDays: z.int().min(0).max(3650).default(365),
    })
    .prefault({}),
  /** Objects in S3 in place of a folder. */
  s3: z
    .strictObject({
      bucket: z.string().min(1),
      region: z.string().min(1).default('us-east-1'),
      /** Of an S3 that is not Amazon's, as `http://minio:9000`. */
      endpoint: z.url().optional(),
      /** Begins every key. */
      prefix: z.string().default(''),
    })
    .optional(),
  /** Who approves what devices run. */
  trust: z
    .strictObject({
      /** Development: the cloud by itself, with keys of its own. Production: the operators, see docs/operator/key-ceremony.md. */
      mode: z.enum(['development', 'production']).default('development'),
      /** Folder of the keys that the cloud signs with; in the data folder by default, and in no backup. */
      keys: z.string().min(1).optional(),
      /** The operators' first root, pinned; otherwise the first that an operator sends. */
      root: z.string().min(1).optional(),
    })
    .prefault({}),
  /** What is kept of what devices send, and for how long. */
  telemetry: z
    .strictObject({
      /**
       * Days for which what devices send is kept; null keeps for good. Windows are kept as they come, rolled up into hours, and
       * into days: whole months are dropped, once the coarser level has them. Other records are dropped by their own times.
       */
      keep: z
        .strictObject({
          /** As they come, in days. */
          windows: KeptDays.default(90),
          /** Rolled up into hours, in days. */
          hours: KeptDays.default(730),
          /** Rolled up into days, in days. */
          days: KeptDays.default(null),
          /** Forecasts with their scores, and the evidence of candidates in shadow, in days; rollouts judge by what is kept. */
          forecasts: KeptDays.default(730),
          /** Decisions with what staff chose and what came of them, in days. */
          decisions: KeptDays.default(730),
          /** Events of devices, when they were away, and what is missing or contradicts itself in what they sent, in days. */
          events: KeptDays.default(365),
        })
        .refine(({ windows, hours, days }) => longest(windows) <= longest(hours) && longest(hours) <= longest(days), {
          error: 'hours are kept at least as long as windows, and days as hours',
        })
        .prefault({}),
      /** Windows as Parquet files, one a day, beside the objects: in the folder `export` of the data, or in the bucket. */
      export: z
        .strictObject({
          enabled: z.boolean().default(false),
          /** Begins the names in the bucket. */
          prefix: z.string().default('export/'),
          /** A day is written once nothing has come for it for so long. */
          settleMinutes: z.int().min(0).max(1440).default(30),
        })
        .prefault({}),
      /** Between two looks for what has come and is to be rolled up. */
      rollUpSeconds: z.int().min(1).max(3600).default(60),
    })
    .prefault({}),
  /** A provider who vouches for people; its secret is OIDC_CLIENT_SECRET. */
  oidc: z
    .strictObject({
      /** As its discovery document says it. */
      issuer: z.url({ protocol: /^https?$/ }),
      /** Of the browser's login, with the secret `OIDC_CLIENT_SECRET`. */
      clientId: z.string().min(1),
      /** Of the command line, a public client with the device flow; by default the same. */
      cliClientId: z.string().min(1).optional(),
      scopes: z.array(z.string().min(1)).default(['openid', 'profile', 'email']),
      /** Claim of the ID token with the person's name; `a.b` is a claim within one. */
      nameClaim: z.string().min(1).default('preferred_username'),
      /** Roles here by the texts of a claim, as groups. */
      roles: z.strictObject({
        claim: z.string().min(1).default('groups'),
        map: z.record(z.string(), z.array(z.enum(ROLES)).min(1)),
      }),
      /** Claim that says `region=eu`, or `*`; absent: nobody is limited. */
      limitClaim: z.string().min(1).optional(),
    })
    .optional(),
  /** How many models are trained at once. */
  training: z.strictObject({ concurrency: z.int().min(1).max(16).default(1) }).prefault({}),
  /** How sensors' data is looked after. */
  stewardship: z
    .strictObject({
      /** Seconds between two looks at the fleet's data quality. */
      everySeconds: z.number().min(0.05).max(86_400).default(300),
      /** The newest hours of data that are judged. */
      overHours: z.number().min(1).max(720).default(24),
      /** For how long a task that is closed is kept with its history, in days; null: for good. */
      keepDays: KeptDays.default(730),
    })
    .prefault({}),
  /** What KPIs are to be, by their ids, over the programme's own targets: a share of 0.3 for `forecast-error`. */
  kpis: z
    .record(z.string().max(64), z.strictObject({ below: z.number().optional(), above: z.number().optional() }))
    .default({}),
  /** What operating cost is compared with: CPU hours of 30 days, of a device and its part of the cloud, before the programme. */
  cost: z
    .strictObject({
      cpuHoursBefore: z.number().positive().optional(),
      /** For how long the CPU that the cloud used in each hour is kept, in days; null: for good. */
      keepDays: KeptDays.default(730),
    })
    .prefault({}),
  /** Changes whose effect on a KPI is told in the metrics, for so many days before and after. */
  comparisons: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,47}$/, 'lower-case letters, digits, "-" and "_" only'),
        kpi: z.string().max(64).default('stock-out-rate'),
        /** Where several models have the KPI. */
        model: ModelName.optional(),
        /** The first day with the change, UTC. */
        change: z.iso.date(),
        days: z.int().min(1).max(366).default(28),
        /** Label of the shops that had it; every shop without. */
        treated: CohortTerm.optional(),
        /** Label of the shops that had it not. */
        control: CohortTerm.optional(),
      }),
    )
    .max(20)
    .default([]),
  /** How alert rules are asked, and told. */
  alerts: z
    .strictObject({
      /** Seconds between two looks at the rules. */
      everySeconds: z.number().min(0.05).max(3600).default(15),
      /** Sender of mails; the server comes from SMTP_URL. */
      mailFrom: z.email().default('storecast@localhost.localdomain'),
      /** For how long alerts and silences that have ended are kept, with what receivers were told, in days; null: for good. */
      keepDays: KeptDays.default(730),
    })
    .prefault({}),
  /** How drift is looked for. */
  monitoring: z
    .strictObject({
      /** Hours between two looks for drift. */
      everyHours: z.number().min(0.01).max(720).default(24),
      /** Newest closed days that are compared; whole weeks, as weekdays differ. */
      windowDays: z.int().min(7).max(84).multipleOf(7).default(14),
      /** Days before them that a sensor's reference is frozen from. */
      referenceDays: z.int().min(28).max(364).multipleOf(7).default(56),
      /** Expected share of false alarms among all alarms of a run. */
      level: z.number().min(0.0001).max(0.2).default(0.05),
      /** Whether comparisons may depend on each other in any way (`benjamini-yekutieli`, which sees less). */
      method: z.enum(['benjamini-hochberg', 'benjamini-yekutieli']).default('benjamini-hochberg'),
      /** Labels by whose values devices are judged together, beside the fleet. */
      groupBy: z
        .array(z.string().regex(/^(?!(?:device|fleet)$)[a-z][a-z0-9_-]{0,31}$/, 'a label, other than device and fleet'))
        .max(8)
        .default(['region', 'cohort']),
      /** For how long a run is kept with what it found, in days; null: for good. The newest that succeeded always is. */
      keepDays: KeptDays.default(730),
      /** Trains a champion anew where this share of its devices drifted, and rests for some days after any training run. */
      retrain: z
        .strictObject({ share: z.number().min(0).max(1).default(0.2), restDays: z.number().min(0).default(7) })
        .optional(),
    })
    .prefault({}),
  /** Extra settings of the embedded PostgreSQL, by its own names. */
  postgres: z.record(z.string(), z.string()).default({}),
  /** An OTLP/HTTP receiver for spans, as `http://collector:4318`; absent: nothing is traced. */
  tracing: z.strictObject({ endpoint: z.url({ protocol: /^https?$/ }) }).optional(),
  /** Log lines below this are not written; they go to stdout as JSON. */
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

export interface CloudSecrets {
  /** `postgresql://…`; absent: the embedded database. */
  readonly databaseUrl?: string
  /** `mqtt://user:password@host`; absent: the embedded broker. */
  readonly mqttUrl?: string
  /** An operator's token that is nobody's; needed where a listener can be reached from other machines. */
  readonly adminToken?: string
  /** Of the provider that `oidc` names. */
  readonly oidcClientSecret?: string
  /** `smtps://user:password@host`; absent: alerts go out by no mail. */
  readonly smtpUrl?: string
  /** Others, by the names under which documents refer to them. */
  readonly named?: Readonly<Record<string, string>>
}

/** The variable that each secret comes from, or, with `_FILE` after it, the file. */
export const SECRETS = {
  databaseUrl: 'DATABASE_URL',
  mqttUrl: 'MQTT_URL',
  adminToken: 'STORECAST_ADMIN_TOKEN',
  oidcClientSecret: 'OIDC_CLIENT_SECRET',
  smtpUrl: 'SMTP_URL',
} as const satisfies Partial<Record<keyof CloudSecrets, string>>

type CloudSettings = z.output<typeof Settings>
export type CloudConfig = CloudSettings & { readonly secrets: CloudSecrets }

/** Settings that the environment may give, each as the piece of the file that it stands for. */
export const VARIABLES: Readonly<Record<string, (value: string) => unknown>> = {
  STORECAST_DATA: (data) => ({ data }),
  STORECAST_HTTP_HOST: (host) => ({ http: { host } }),
  STORECAST_HTTP_PORT: (port) => ({ http: { port: Number(port) } }),
  STORECAST_PUBLIC_URL: (publicUrl) => ({ http: { publicUrl } }),
  STORECAST_MQTT_HOST: (host) => ({ mqtt: { host } }),
  STORECAST_MQTT_PORT: (port) => ({ mqtt: { port: Number(port) } }),
  STORECAST_TRUST: (mode) => ({ trust: { mode } }),
  STORECAST_TRUST_KEYS: (keys) => ({ trust: { keys } }),
  STORECAST_TRUST_ROOT: (root) => ({ trust: { root } }),
  STORECAST_IDENTITY_FOLDER: (folder) => ({ identity: { folder } }),
  STORECAST_DEVICES_HOST: (host) => ({ devices: { host } }),
  STORECAST_DEVICES_PORT: (port) => ({ devices: { port: Number(port) } }),
  STORECAST_DEVICES_URL: (publicUrl) => ({ devices: { publicUrl } }),
  STORECAST_MQTTS_HOST: (host) => ({ mqtts: { host } }),
  STORECAST_MQTTS_PORT: (port) => ({ mqtts: { port: Number(port) } }),
  STORECAST_MQTTS_URL: (publicUrl) => ({ mqtts: { publicUrl } }),
  OTEL_EXPORTER_OTLP_ENDPOINT: (endpoint) => ({ tracing: { endpoint } }),
  STORECAST_LOG_LEVEL: (logLevel) => ({ logLevel }),
}

/** For programs that start a cloud themselves: what is absent has its default. */
export function cloudConfig(settings: z.input<typeof Settings>, secrets: CloudSecrets = {}): CloudConfig {
  const parsed = Settings.safeParse(settings)
  if (!parsed.success) {
    throw new SetupError({
      code: 'config-invalid',
      message: `The configuration is not valid: ${z.prettifyError(parsed.error)}`,
      cause: parsed.error,
    })
  }
  const config = { ...parsed.data, data: resolve(parsed.data.data), secrets }
  requireSecretBeyondLoopback(config)
  return Object.freeze(config)
}

/**
 * Reads environment and files, once. `STORECAST_CONFIG` names a YAML file; variables go over it. Secrets:
 * `DATABASE_URL`, `MQTT_URL`, `SMTP_URL`, `STORECAST_ADMIN_TOKEN`, and `STORECAST_SECRET_SLACK_URL` for the one that documents
 * name `slack-url`, each also as `…_FILE`.
 * @throws SetupError that names what is wrong.
 */
export async function loadConfig(env: Readonly<Record<string, string | undefined>>): Promise<CloudConfig> {
  let settings: Record<string, unknown> = {}
  if (env.STORECAST_CONFIG) settings = await readSettings(env.STORECAST_CONFIG)
  for (const [name, read] of Object.entries(VARIABLES)) {
    const value = env[name]
    if (value) settings = merge(settings, read(value) as Record<string, unknown>)
  }
  const secrets = {
    databaseUrl: await secret(env, SECRETS.databaseUrl),
    mqttUrl: await secret(env, SECRETS.mqttUrl),
    adminToken: await secret(env, SECRETS.adminToken),
    oidcClientSecret: await secret(env, SECRETS.oidcClientSecret),
    smtpUrl: await secret(env, SECRETS.smtpUrl),
    named: await namedSecrets(env),
  }
  const given = Object.fromEntries(Object.entries(secrets).filter(([, value]) => value !== undefined))
  return cloudConfig(settings as z.input<typeof Settings>, given)
}

async function readSettings(path: string): Promise<Record<string, unknown>> {
  const text = await readText(path)
  if (text === undefined) {
    throw new SetupError({ code: 'config-missing', message: `There is no file ${path}, which STORECAST_CONFIG names.` })
  }
  try {
    return (parseYaml(text) ?? {}) as Record<string, unknown>
  } catch (cause) {
    throw new SetupError({ code: 'config-invalid', message: `${path}: ${(cause as Error).message}`, cause })
  }
}

const NAMED = /^(STORECAST_SECRET_([A-Z0-9_]+?))(?:_FILE)?$/

async function namedSecrets(env: Readonly<Record<string, string | undefined>>): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const variable of Object.keys(env)) {
    const [, base, name] = NAMED.exec(variable) ?? []
    const value = base === undefined ? undefined : await secret(env, base)
    if (name !== undefined && value !== undefined) found[name.toLowerCase().replaceAll('_', '-')] = value
  }
  return found
}

async function secret(env: Readonly<Record<string, string | undefined>>, name: string): Promise<string | undefined> {
  const path = env[`${name}_FILE`]
  if (!path) return env[name] || undefined
  const text = await readText(path)
  if (text !== undefined) return text.trim()
  throw new SetupError({ code: 'secret-missing', message: `There is no file ${path}, which ${name}_FILE names.` })
}

function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base }
  for (const [name, value] of Object.entries(over)) {
    const before = merged[name]
    const both = [before, value].every((one) => one !== null && typeof one === 'object')
    merged[name] = both ? { ...(before as object), ...(value as object) } : value
  }
  return merged
}

/** 127.0.0.0/8, ::1 and the name that stands for them. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === '::1' || host === 'localhost'
}

function requireSecretBeyondLoopback({ http, mqtt, secrets }: CloudConfig): void {
  const open = [http.host, ...(secrets.mqttUrl ? [] : [mqtt.host])].find((host) => !isLoopback(host))
  if (open === undefined || secrets.adminToken) return
  throw new SetupError({
    code: 'token-required',
    message: `A listener on ${open} can be reached from other machines, so it needs an operator's token: set STORECAST_ADMIN_TOKEN_FILE (or STORECAST_ADMIN_TOKEN), or listen on 127.0.0.1.`,
  })
}
