import { lookup } from 'node:dns/promises'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import type { AgentConfig, AgentSecrets } from './config.ts'
import { type Credentials, heldCredentials, renewalTimes } from './identity/index.ts'
import { identitySettings } from './identity-settings.ts'
import { ModelRejected, Models } from './inference/index.ts'
import { isLoopback } from './local/access.ts'
import { databaseFile, objectsFolder } from './paths.ts'
import { type Connection, DatabaseUnusable, openReading } from './platform/database.ts'
import { fileSize, freeBytes } from './platform/files.ts'
import { readMetadata, readRefusal, readTime } from './trust/state.ts'
import { describeTrusted } from './trust/trusted.ts'
import { readDesired, readModels } from './update/index.ts'

/** What a check found; `advice` says what to do, and is there wherever something needs doing. */
export type Finding =
  | { readonly level: 'ok'; readonly found: string }
  | { readonly level: 'warning' | 'failure'; readonly found: string; readonly advice: string }

export const ok = (found: string): Finding => ({ level: 'ok', found })
export const warning = (found: string, advice: string): Finding => ({ level: 'warning', found, advice })
export const failure = (found: string, advice: string): Finding => ({ level: 'failure', found, advice })

/** The device as its doctor sees it. */
export interface Patient {
  readonly config: AgentConfig
  readonly secrets: AgentSecrets
  /** Undefined before the agent has run once. */
  readonly db: Connection | undefined
  /** Whether an agent works on the same data directory. */
  readonly running: boolean
  /** Its `GET /v1/status`; undefined where none runs or it does not answer. */
  readonly status: AgentStatus | undefined
}

/** What the checks read of a running agent's status. */
export interface AgentStatus {
  readonly link: { readonly connected: boolean; readonly trouble: string | null }
  readonly backlog: { readonly records: number; readonly ageSeconds: number }
  readonly modelHost: { readonly pid: number; readonly residentBytes: number } | null
  readonly models: Readonly<Record<string, { readonly active: number | null; readonly phase: string }>>
  readonly sensors: readonly { readonly name: string; readonly heardAt: string | null; readonly silent: boolean }[]
}

export type Check = (patient: Patient) => Promise<Finding> | Finding

const MB = 1024 * 1024
const ANSWER_MS = 10_000

/** Room for the database to grow to its cap, and for a model beside the one that serves. */
export async function checkDisk({ config }: Patient): Promise<Finding> {
  const free = await freeBytes(config.dataDir)
  const used = (await fileSize(databaseFile(config))) ?? 0
  const wanted = Math.max(0, config.limits.databaseMb * MB - used) + 256 * MB
  const found = `${mb(free)} free at ${config.dataDir}, the database has ${mb(used)}`
  if (free < 64 * MB) return failure(found, 'free some space: readings are refused on a full disk')
  if (free >= wanted) return ok(found)
  return warning(
    found,
    `the config lets it grow to ${config.limits.databaseMb} MB: free space, or lower limits.databaseMb`,
  )
}

export function checkDatabase({ config, db }: Patient): Finding {
  if (db === undefined) return warning('there is none yet', 'run the agent once: it makes one')
  const problem = db.pragma('quick_check(1)', { simple: true })
  const schema = db.prepare('SELECT max(id) FROM schema_migrations').pluck().get()
  if (problem === 'ok') return ok(`${databaseFile(config)} is sound, schema ${schema}`)
  return failure(`${databaseFile(config)}: ${problem}`, 'copy the data directory away, then start with an empty one')
}

/** @returns undefined where there is none yet */
export async function openDatabase(config: AgentConfig): Promise<Connection | undefined> {
  if ((await fileSize(databaseFile(config))) === undefined) return undefined
  try {
    return openReading(databaseFile(config))
  } catch (error) {
    if (error instanceof DatabaseUnusable && error.code === 'cannot-open') return undefined
    throw error
  }
}

/** Whether models and desired states can be judged, by what lies on disk. */
export function checkTrust({ config, db }: Patient): Finding {
  if (config.cloud === undefined) return ok('not needed: this agent works alone')
  const trusted = db === undefined ? undefined : describeTrusted(readMetadata(db))
  if (db === undefined || trusted === undefined) {
    const advice = 'enrol the device, or name the newest root metadata in cloud.rootFile; then run the agent'
    return warning('no root of trust yet: no desired state is followed', advice)
  }
  const now = Math.max(Date.now(), readTime(db).known)
  const expired = Object.entries(trusted.roles).find(([, { expires }]) => expires <= now)
  const refusal = readRefusal(db)
  const told = refusal ? `; refused last: ${refusal.message}` : ''
  if (expired) {
    const [role, { expires }] = expired
    return warning(
      `the models’ repository expired on ${new Date(expires).toISOString()} (${role})${told}: nothing is updated`,
      'look at the network; where it works, have the operators sign anew',
    )
  }
  if (trusted.roles.targets === undefined)
    return warning(`the models’ repository was not reached yet${told}`, 'look at the network')
  const versions = `root ${trusted.roles.root?.version}, targets ${trusted.roles.targets.version}`
  if (!trusted.development) return ok(`${versions}${told}`)
  const advice = 'fine for a demo; for production have operators sign a root with their own keys'
  return warning(`${versions}, by a cloud’s development keys: nobody vouches for its models${told}`, advice)
}

/** Against the cloud's clock, by the `Date` of an answer; to the second, and as far as the way there and back allows. */
export async function checkClock(patient: Patient): Promise<Finding> {
  const { db } = patient
  const now = new Date()
  const found = `it is ${now.toISOString()}`
  if (now.getUTCFullYear() < 2026)
    return failure(found, 'set the clock: start a time service such as systemd-timesyncd')
  const api = db && readDesired(db)?.api
  if (api === undefined) return ok(`${found}; nothing to compare it with yet`)
  let date: string | null
  try {
    date = await dateOf(api, (await held(patient))?.tls ?? {})
  } catch (error) {
    return warning(
      `${found}; ${api} does not answer (${reason(error)})`,
      'look at the network, and whether the cloud runs',
    )
  }
  const skew = date === null ? 0 : Math.round((Date.now() - Date.parse(date)) / 1000)
  if (Math.abs(skew) <= 5) return ok(`${found}, as at ${api}`)
  const ahead = `${found}, ${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} ${api}`
  const advice = 'set the clock: start a time service such as systemd-timesyncd'
  return Math.abs(skew) > 60 ? failure(ahead, advice) : warning(ahead, advice)
}

/** The `Date` of an answer, whatever else it says. */
function dateOf(url: string, tls: Credentials['tls']): Promise<string | null> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const options = { method: 'HEAD', agent: false, signal: AbortSignal.timeout(ANSWER_MS), ...tls }
    const outgoing = request(url, options, (response) => {
      response.resume()
      resolve(response.headers.date ?? null)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** Whether this machine has an address in some network, and finds the cloud by its name. */
export async function checkNetwork(patient: Patient): Promise<Finding> {
  if (patient.config.cloud === undefined) return ok('not needed: the agent works alone')
  const { db } = patient
  const broker = (await held(patient))?.broker
  const hosts = [broker, db && readDesired(db)?.api].flatMap((url) => (url === undefined ? [] : [hostOf(url)]))
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, all = []]) =>
    all
      .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
      .map((one) => `${name} ${one.address}`),
  )
  const has = addresses.length > 0 ? `has the address ${addresses.join(', ')}` : 'has no address in any network'
  try {
    const found = await Promise.all([...new Set(hosts)].map(async (host) => `${host} is ${(await find(host)).address}`))
    const isOutside = hosts.some((host) => !isLoopback(host))
    if (addresses.length === 0 && isOutside)
      return failure(has, 'look at the cable or the wireless network, and the router')
    return ok([has, ...found].join('; '))
  } catch (error) {
    const advice =
      addresses.length === 0
        ? 'look at the cable or the wireless network, and the router'
        : 'look at the router and its line, and at cloud.mqtt: nobody knows the cloud by its name'
    return failure(`${has}; ${reason(error)}`, advice)
  }
}

const hostOf = (url: string) => new URL(url).hostname.replace(/^\[|\]$/g, '')

/** What a resolver that does not answer takes, the system decides. */
const find = (host: string) =>
  Promise.race([
    lookup(host),
    new Promise<never>((_, reject) => {
      const late = () => reject(new Error(`no answer for the name ${host} in ${ANSWER_MS / 1000} s`))
      setTimeout(late, ANSWER_MS).unref()
    }),
  ])

async function held({ config, secrets }: Patient): Promise<Credentials | undefined> {
  const settings = await identitySettings(config, secrets)
  return settings && (await heldCredentials(settings))
}

/** Whether there is a certificate, and until when. */
export async function checkIdentity(patient: Patient): Promise<Finding> {
  if (patient.config.cloud === undefined) return ok('none is needed: the agent works alone')
  const credentials = await held(patient)
  if (credentials?.token !== undefined)
    return warning('by a token', 'enrol the device with a claim: it works under TLS')
  const certificate = credentials?.tls.cert
  if (certificate === undefined) {
    const advice = 'run the agent with a claim of "storecast enroll create"'
    return patient.secrets.claim
      ? warning('not enrolled yet; there is a claim', 'run the agent: it enrols by itself')
      : failure('not enrolled, and there is no claim', advice)
  }
  const { dueAt, expiresAt } = renewalTimes(certificate)
  const found = `the certificate ends at ${new Date(expiresAt).toISOString()}`
  if (Date.now() > expiresAt) return failure(found, 'run the agent with a line to the cloud: it may still be renewed')
  return Date.now() > dueAt
    ? warning(`${found}, and should be renewed by now`, 'look at the line to the cloud')
    : ok(found)
}

/** A running agent is asked; else one connection is made as it would make it. */
export async function checkBroker(patient: Patient): Promise<Finding> {
  const { config, running, status } = patient
  const { cloud, device } = config
  if (cloud === undefined) return ok('none: the agent works alone')
  const credentials = await held(patient)
  const broker = credentials?.broker ?? 'the broker'
  if (status !== undefined) {
    const { connected, trouble } = status.link
    const waiting = `${status.backlog.records} records wait, the oldest for ${status.backlog.ageSeconds} s`
    if (connected) return ok(`the agent is linked to ${broker}; ${waiting}`)
    return failure(
      `the agent is not linked to ${broker} (${trouble ?? 'no reason yet'}); ${waiting}`,
      brokerAdvice(trouble ?? ''),
    )
  }
  // A second connection under its name would end the agent's own.
  if (running) return warning(`${broker} is not tried: the agent runs and does not answer`, 'ask again when it does')
  if (credentials === undefined)
    return warning('is not known before the device is enrolled', 'run the agent: it enrols')
  try {
    const { token, tls } = credentials
    const options = {
      clientId: device,
      ...(token !== undefined && { username: device, password: token }),
      protocolVersion: 4 as const,
      reconnectPeriod: 0,
      connectTimeout: ANSWER_MS,
      ...tls,
    }
    // Without retries: else nothing is said of a connection that ends before the broker has answered.
    const client = await connectAsync(broker, options, false)
    await client.endAsync()
    return ok(`${broker} lets ${device} in`)
  } catch (error) {
    return failure(`${broker}: ${reason(error)}`, brokerAdvice(reason(error)))
  }
}

function brokerAdvice(trouble: string): string {
  if (/refused: (not authorized|bad user)|not authorized/i.test(trouble)) {
    return 'the device is not known there, or was revoked: make a claim that names it, and run the agent with it'
  }
  if (/certificate|self.signed|CERT/i.test(trouble))
    return 'the broker’s certificate or the device’s was refused: look at both clocks, and whether the device was revoked'
  if (/ENOTFOUND|EAI_AGAIN/.test(trouble)) return 'the name is not known: look at cloud.mqtt, and at the network'
  return 'look at cloud.mqtt, at the network and its firewall, and whether the broker runs'
}

/** Heard from since the agent started, or else whether there is a window of it. */
export function checkSensors({ config, db, status }: Patient): Finding {
  const advice = 'look at the config’s sources, and at what the sensor sends: /metrics counts what was refused, and why'
  if (status !== undefined) {
    const quiet = status.sensors.filter(({ heardAt, silent }) => heardAt === null || silent).map(({ name }) => name)
    const found = `${status.sensors.length - quiet.length} of ${status.sensors.length} heard from since the agent started`
    if (status.sensors.length === 0) return warning('none is defined', 'define sensors in the cloud or in the config')
    return quiet.length === 0 ? ok(found) : warning(`${found}; silent: ${quiet.join(', ')}`, advice)
  }
  const defined = new Set(config.sensors.map(({ name }) => name))
  const heard = new Set<string>()
  if (db !== undefined) {
    for (const name of db.prepare<[], string>('SELECT name FROM sensors').pluck().all()) defined.add(name)
    const sql = 'SELECT DISTINCT sensor FROM series s WHERE EXISTS (SELECT 1 FROM windows w WHERE w.series = s.id)'
    for (const name of db.prepare<[], string>(sql).pluck().all()) heard.add(name)
  }
  if (defined.size === 0) return warning('none is defined', 'define sensors in the cloud or in the config')
  const never = [...defined].filter((name) => !heard.has(name))
  const found = `${heard.size} of ${defined.size} have windows`
  return never.length === 0 ? ok(found) : warning(`${found}; never heard from: ${never.join(', ')}`, advice)
}

/** A running agent is asked; else a host is started, and loads what served last. */
export async function checkModelHost({ config, db, status }: Patient): Promise<Finding> {
  const advice = 'look at the agent’s log: each host that ended is told there'
  if (status !== undefined) {
    const { modelHost, models } = status
    const idle = Object.entries(models).filter(([, { active }]) => active === null)
    if (idle.length > 0) return failure(`no version serves of ${idle.map(([name]) => name).join(', ')}`, advice)
    if (modelHost === null) return ok('not needed yet: no model has come')
    return ok(`serves ${Object.keys(models).join(', ')} with ${mb(modelHost.residentBytes)}`)
  }
  // Under a name of its own: starting would stop the hosts of the agent's name.
  await using models = new Models({ dataDirectory: `${config.dataDir}#doctor` })
  const versions = Object.entries(db === undefined ? {} : readModels(db)).flatMap(([model, { kept }]) =>
    kept.slice(0, 1).map((version) => ({ model, ...version, path: join(objectsFolder(config), version.sha256) })),
  )
  if (versions.length === 0) return ok('not needed yet: no model has come')
  try {
    for (const version of versions) await models.activate(version)
  } catch (error) {
    if (error instanceof ModelRejected) return failure(error.message, 'roll the model back in the cloud')
    return failure(reason(error), 'ONNX Runtime does not load: install the agent again for this machine')
  }
  const names = versions.map(({ model, version }) => `${model} v${version}`).join(', ')
  return ok(`a host loads ${names} and reproduces the golden vectors, with ${mb(models.host()?.rss ?? 0)}`)
}

const mb = (bytes: number) => `${Math.round(bytes / MB)} MB`

function reason(error: unknown): string {
  const { message, code, cause } = error as { message?: string; code?: string | number; cause?: unknown }
  if (cause !== undefined) return reason(cause)
  return message || String(code ?? error)
}
