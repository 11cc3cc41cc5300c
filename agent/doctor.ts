import {
  type AgentStatus,
  type Check,
  checkBroker,
  checkClock,
  checkDatabase,
  checkDisk,
  checkIdentity,
  checkModelHost,
  checkNetwork,
  checkSensors,
  checkTrust,
  type Finding,
  failure,
  ok,
  openDatabase,
  type Patient,
  warning,
} from './checks.ts'
import { ConfigError, loadConfig } from './config.ts'
import { makeDirectory } from './platform/files.ts'
import { AlreadyRunning, lockDirectory } from './platform/lock.ts'

const CHECKS: Readonly<Record<string, Check>> = {
  disk: checkDisk,
  database: checkDatabase,
  network: checkNetwork,
  clock: checkClock,
  identity: checkIdentity,
  broker: checkBroker,
  trust: checkTrust,
  sensors: checkSensors,
  'model host': checkModelHost,
}

/**
 * Looks at everything a device needs and prints, for each, what was found and what to do. It may run beside the agent,
 * which it then asks, or without one.
 * @returns false where something failed
 */
export async function examine(file: string, env: NodeJS.ProcessEnv, print: (line: string) => void): Promise<boolean> {
  let healthy = true
  const tell = (name: string, finding: Finding) => {
    if (finding.level === 'failure') healthy = false
    print(describe(name, finding))
  }
  let loaded: Awaited<ReturnType<typeof loadConfig>>
  try {
    loaded = await loadConfig(file, env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    tell('config', failure(error.message, 'correct it and ask again; agent/config.example.yaml explains every field'))
    return healthy
  }
  const { config, secrets } = loaded
  tell('config', ok(`${file} is sound`))
  await makeDirectory(config.dataDir)
  const running = isRunning(config.dataDir)
  const status = running ? await askAgent(config.http, secrets.httpToken) : undefined
  if (running) {
    const where = `http://${config.http.host}:${config.http.port}`
    const silent = warning(`one runs here, ${where} does not answer`, 'wait until it has started, or restart it')
    tell('agent', status === undefined ? silent : ok(`one runs here, and answers at ${where}`))
  } else tell('agent', ok('none runs here: checked is what it would find'))
  const db = await openDatabase(config)
  const patient: Patient = { config, secrets, db, running, status }
  await examinePatient(patient, tell)
  db?.close()
  return healthy
}

/** What lies between the device and the cloud, from the near end to the far one. */
const WAY_TO_CLOUD = ['network', 'clock', 'identity', 'broker', 'trust'] as const

/** What the doctor says of an agent's own way to the cloud, while it runs. */
export async function examineNetwork(
  patient: Omit<Patient, 'running'>,
): Promise<readonly ({ readonly check: string } & Finding)[]> {
  const findings: ({ readonly check: string } & Finding)[] = []
  for (const check of WAY_TO_CLOUD) findings.push({ check, ...(await CHECKS[check]!({ ...patient, running: true })) })
  return findings
}

/** Every check of a device, one after the other. */
async function examinePatient(patient: Patient, tell: (name: string, finding: Finding) => void): Promise<void> {
  for (const [name, check] of Object.entries(CHECKS)) tell(name, await check(patient))
}

/** What the doctor says of the agent that asks, which runs. */
export async function examineMyself(patient: Omit<Patient, 'running'>): Promise<string[]> {
  const lines: string[] = []
  await examinePatient({ ...patient, running: true }, (name, finding) => lines.push(describe(name, finding)))
  return lines
}

/** Two lines at most: what was found, and what to do. */
function describe(name: string, finding: Finding): string {
  const sign = { ok: ' ok ', warning: 'warn', failure: 'FAIL' }[finding.level]
  const line = `[${sign}] ${name.padEnd(10)} ${finding.found}`
  return finding.level === 'ok' ? line : `${line}\n       → ${finding.advice}`
}

function isRunning(dataDir: string): boolean {
  try {
    lockDirectory(dataDir)[Symbol.dispose]()
    return false
  } catch (error) {
    if (error instanceof AlreadyRunning) return true
    throw error
  }
}

async function askAgent(
  { host, port }: { host: string; port: number },
  token: string | undefined,
): Promise<AgentStatus | undefined> {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const authority = reachable.includes(':') ? `[${reachable}]:${port}` : `${reachable}:${port}`
  try {
    const response = await fetch(`http://${authority}/v1/status`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(5000),
    })
    return response.ok ? ((await response.json()) as AgentStatus) : undefined
  } catch {
    // It is told as "does not answer", whatever the reason.
    return undefined
  }
}
