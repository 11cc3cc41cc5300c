import { dirname, resolve } from 'node:path'
import { DeviceId, type EnrolmentClaim, parseClaim, SensorDefinitions } from '@storecast/shared/contracts'
import { type Document, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { identityFile } from './identity/index.ts'
import { isLoopback } from './local/access.ts'
import { identityFolder, pinFile } from './paths.ts'
import { fileSize, readWhole } from './platform/files.ts'
import { SourceConfigs } from './sensors/index.ts'

const MB = 1024 * 1024

const TimeZone = z.string().refine(isTimeZone, 'expected an IANA time zone such as Europe/Berlin')

const Cloud = z.strictObject({
  /** File with the claim that an operator made for this device; once enrolled it is not needed. */
  claimFile: z.string().min(1).optional(),
  /** Of the hardware, where it tells none itself and the claim asks for it. */
  serialNumber: z.string().min(1).max(128).optional(),
  /** The broker; left out: the one that the cloud names when the device enrols. */
  mqtt: z.url({ protocol: /^mqtts?$/, error: 'expected a URL such as mqtts://cloud.example:8883' }).optional(),
  /** In place of a claim, for development: file with the token that the cloud shows once. Needs `mqtt`. */
  tokenFile: z.string().min(1).optional(),
  /** With a token: PEM of the authority behind the broker's and the API's certificates; default: the system's. */
  caFile: z.string().min(1).optional(),
  /** The first root of trust of the cloud's models, in place of the one that an enrolment brings. */
  rootFile: z.string().min(1).optional(),
  /** Cap of what is sent; live data goes first, what has waited after. */
  uplinkBytesPerSecond: z.int().min(256).default(16_384),
  /** Cap of what is fetched: models and documents. */
  downloadBytesPerSecond: z.int().min(1024).default(1_048_576),
})

const Http = z.strictObject({
  /** Loopback unless a token, or the PIN of the shop's page, is set. */
  host: z.string().min(1).default('127.0.0.1'),
  /** 0: any free one. */
  port: z.int().min(0).max(65_535).default(8480),
  /** File with the token that callers must show. */
  tokenFile: z.string().min(1).optional(),
})

const FastClock = z.strictObject({
  /** Store time at the start. */
  start: z.iso.datetime({ offset: true }),
  /** Store seconds in a real one. */
  speed: z.number().positive().max(1e6),
  /** Real time until which it stands at `start`, so that several programs agree; default: when the agent starts. */
  since: z.iso.datetime({ offset: true }).optional(),
})

const Limits = z.strictObject({
  /** Raw readings are kept this long, and longer where their windows are not done yet. */
  rawHours: z.number().positive().max(8760).default(48),
  /** Readings that nobody waits for share a commit for this long: less often is less flash, and more to lose in a power cut. */
  commitSeconds: z.number().min(0.01).max(60).default(1),
  /** The database, its write-ahead log included; near it the oldest windows are merged into coarser ones. */
  databaseMb: z.int().min(16).default(2048),
  /** A model host above this is replaced. */
  modelHostMb: z.int().min(64).default(384),
  /** One HTTP request's body. */
  bodyMb: z.int().min(1).max(256).default(16),
})

/** What `agent.yaml` holds. */
export const ConfigFile = z.strictObject({
  /** The device's id, as it is registered in the cloud; its certificate carries it. */
  device: DeviceId,
  /** Folder of the database, the models and the identity; relative paths are taken from the file's folder. */
  dataDir: z.string().min(1).default('data'),
  /** The site's, until the cloud's catalogue tells it. */
  timeZone: TimeZone.default('UTC'),
  /** Log lines below this are not written; they go to stdout as JSON. */
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Without it the agent works alone. */
  cloud: Cloud.optional(),
  /** The local HTTP interface: forecasts, status, metrics, pushed readings. */
  http: Http.prefault({}),
  /** Sensors of this device, until the cloud's definitions come. */
  sensors: SensorDefinitions.default([]),
  /** Where readings come from; what is pushed by HTTP needs none. */
  sources: SourceConfigs.default([]),
  /** Where spans go, and how often a reading is followed to the cloud; absent: nothing is traced. */
  tracing: z
    .strictObject({
      /** Of an OTLP/HTTP receiver: `http://collector:4318`. */
      endpoint: z.url({ protocol: /^https?$/ }),
      /** Between two readings that are followed to the cloud. */
      everySeconds: z.number().positive().max(86_400).default(60),
    })
    .optional(),
  /** `system`, or one that runs fast, for simulations. */
  clock: z.union([z.literal('system'), FastClock]).default('system'),
  /** How much space and memory it takes. */
  limits: Limits.prefault({}),
})

/** What the agent was told at its start; paths are absolute. Frozen to its last field. */
export type AgentConfig = Readonly<z.infer<typeof ConfigFile>>

/** Never in the config object, so that a log or a status page cannot show them. */
export interface AgentSecrets {
  /** What an operator made for this device with `storecast enroll create`; or `cloud.claimFile`. */
  readonly claim?: EnrolmentClaim | undefined
  /** In place of a claim, for development; or `cloud.tokenFile`. */
  readonly deviceToken?: string | undefined
  /** What callers of the local HTTP interface must show; or `http.tokenFile`. */
  readonly httpToken?: string | undefined
}

/** The variable that each secret comes from; it goes over the file. */
export const SECRETS = {
  claim: 'STORECAST_CLAIM',
  deviceToken: 'STORECAST_DEVICE_TOKEN',
  httpToken: 'STORECAST_HTTP_TOKEN',
} as const satisfies Record<keyof AgentSecrets, string>

/** The config cannot be used; the message names each field, its line and what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code: 'config-unreadable' | 'config-invalid' | 'secret-unreadable' | 'secret-missing'
  constructor(code: ConfigError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** @throws ConfigError */
export async function loadConfig(
  file: string,
  env: NodeJS.ProcessEnv,
): Promise<{ config: AgentConfig; secrets: AgentSecrets }> {
  const config = await readConfig(file)
  const isEnrolled = (await fileSize(identityFile(identityFolder(config)))) !== undefined
  const secrets = {
    claim: await readClaim(config, env, isEnrolled),
    deviceToken: await readSecret(SECRETS.deviceToken, config.cloud?.tokenFile, env),
    httpToken: await readSecret(SECRETS.httpToken, config.http.tokenFile, env),
  }
  const { cloud } = config
  if (cloud !== undefined && !isEnrolled && secrets.claim === undefined && secrets.deviceToken === undefined) {
    throw new ConfigError(
      'secret-missing',
      `${file}: cloud: the device is not enrolled and has no claim: set STORECAST_CLAIM, or cloud.claimFile to a file that holds what "storecast enroll create" printed`,
    )
  }
  if (cloud !== undefined && cloud.mqtt === undefined && secrets.deviceToken !== undefined) {
    throw new ConfigError(
      'config-invalid',
      `${file}: cloud.mqtt: a device with a token has to be told where the broker is`,
    )
  }
  const { host } = config.http
  const hasPin = (await fileSize(pinFile(config))) !== undefined
  if (secrets.httpToken === undefined && !hasPin && !isLoopback(host)) {
    throw new ConfigError(
      'secret-missing',
      `${file}: http.host: ${host} can be reached from outside: set the PIN of the shop's page with "storecast-agent pin", or for programs STORECAST_HTTP_TOKEN or http.tokenFile, or listen on 127.0.0.1`,
    )
  }
  return { config, secrets }
}

/** Without its secrets. @throws ConfigError */
export const readConfig = async (file: string): Promise<AgentConfig> =>
  parseConfig(await readText(file, 'config-unreadable', MB), file)

/**
 * The config in a YAML text, checked and frozen; relative paths are taken from the file's folder.
 * @throws ConfigError
 */
export function parseConfig(text: string, file: string): AgentConfig {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [syntax] = document.errors
  if (syntax) {
    const { line } = lines.linePos(syntax.pos[0])
    throw new ConfigError('config-invalid', `${file}:${line}: not YAML: ${syntax.message}`)
  }
  const parsed = ConfigFile.safeParse(document.toJS())
  if (!parsed.success) {
    const lineOfIssue = (issue: z.core.$ZodIssue) =>
      lineOf(document, lines, issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path)
    const problems = parsed.error.issues.map((issue) => `${file}${lineOfIssue(issue)}: ${explain(issue)}`)
    throw new ConfigError('config-invalid', problems.join('\n'))
  }
  return freeze(withAbsolutePaths(parsed.data, dirname(resolve(file))))
}

function withAbsolutePaths(config: z.infer<typeof ConfigFile>, folder: string): z.infer<typeof ConfigFile> {
  const { cloud, http, sources } = config
  const absolute = <K extends string>(key: K, path: string | undefined) =>
    path === undefined ? {} : ({ [key]: resolve(folder, path) } as Record<K, string>)
  return {
    ...config,
    dataDir: resolve(folder, config.dataDir),
    ...(cloud && {
      cloud: {
        ...cloud,
        ...absolute('claimFile', cloud.claimFile),
        ...absolute('tokenFile', cloud.tokenFile),
        ...absolute('caFile', cloud.caFile),
        ...absolute('rootFile', cloud.rootFile),
      },
    }),
    http: { ...http, ...absolute('tokenFile', http.tokenFile) },
    sources: sources.map((source) => {
      if (source.kind === 'csv') return { ...source, ...absolute('path', source.path) }
      return source.kind === 'mqtt' ? { ...source, ...absolute('passwordFile', source.passwordFile) } : source
    }),
  }
}

/** `:12`, where the field or the nearest thing around it stands. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): string {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as { range?: readonly number[] } | undefined
    if (node?.range?.[0] !== undefined) return `:${lines.linePos(node.range[0]).line}`
  }
  return ''
}

function explain(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.')
  if (issue.code !== 'unrecognized_keys') return `${path || 'the file'}: ${issue.message}`
  const names = issue.keys.map((key) => (path === '' ? key : `${path}.${key}`)).join(', ')
  const secret = issue.keys.some((key) => /claim|token|password|secret/i.test(key))
  const hint = secret ? ': secrets are not kept in this file; name a tokenFile, or use the environment' : ''
  return `${names}: not a field of the config${hint}`
}

/** @param isEnrolled then the file may be gone */
async function readClaim(
  { cloud }: AgentConfig,
  env: NodeJS.ProcessEnv,
  isEnrolled: boolean,
): Promise<EnrolmentClaim | undefined> {
  const file = cloud?.claimFile
  const isGone = isEnrolled && file !== undefined && (await fileSize(file)) === undefined
  const text = await readSecret(SECRETS.claim, isGone ? undefined : file, env)
  if (text === undefined) return undefined
  try {
    return parseClaim(text)
  } catch (error) {
    const where = env[SECRETS.claim]?.trim() ? SECRETS.claim : file
    throw new ConfigError('secret-unreadable', `${where}: ${(error as Error).message}`, { cause: error })
  }
}

/** The environment before the file. */
async function readSecret(name: string, file: string | undefined, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const fromEnv = env[name]?.trim()
  if (fromEnv) return fromEnv
  if (file === undefined) return undefined
  const secret = (await readText(file, 'secret-unreadable', 65_536)).trim()
  if (secret === '') throw new ConfigError('secret-unreadable', `${file}: is empty: it should hold the token`)
  return secret
}

async function readText(
  file: string,
  code: 'config-unreadable' | 'secret-unreadable',
  maxBytes: number,
): Promise<string> {
  let bytes: Buffer | undefined
  try {
    bytes = await readWhole(file, maxBytes)
  } catch (cause) {
    throw new ConfigError(code, `${file}: cannot be read: ${(cause as Error).message}`, { cause })
  }
  if (bytes === undefined) throw new ConfigError(code, `${file}: there is no such file`)
  return bytes.toString('utf8')
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) freeze(inner)
    Object.freeze(value)
  }
  return value
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
