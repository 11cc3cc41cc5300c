import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '@storecast/shared/test/ports'
import { SHOP_SENSORS } from '../simulator/index.ts'
import { Program } from './program.ts'
import { type StoreClock, sinceNow } from './store-clock.ts'

const ENTRY = fileURLToPath(new URL('../../agent/main.ts', import.meta.url))

export interface AgentProgram extends AsyncDisposable {
  readonly device: string
  readonly program: Program
  /** Base URL of its local HTTP interface. */
  readonly url: string
  /** Where its database lives. */
  readonly dataDir: string
  /** Writes the config anew; the agent reads it when it starts. */
  setClock(clock: StoreClock): Promise<void>
  /** Has a PIN made for its page. @returns the PIN */
  setPin(): Promise<string>
}

export interface AgentProgramOptions {
  readonly device: string
  /** Enrols it at its first start. */
  readonly claim: string
  readonly timeZone: string
  readonly clock: StoreClock
  /** A folder for all agents; this one has its own in it. */
  readonly folder: string
  /** Over the settings of its config. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Added to the agent's environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** Prepares an agent as it is shipped, in a process of its own; `program.start()` starts it. */
export async function prepareAgent(options: AgentProgramOptions): Promise<AgentProgram> {
  const { device, claim, timeZone, folder } = options
  const home = join(folder, device)
  const config = join(home, 'agent.yaml')
  const dataDir = join(home, 'data')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  await mkdir(home, { recursive: true })
  const setClock = async (clock: StoreClock) => {
    const { start, speed, since } = sinceNow(clock)
    const settings = {
      device,
      dataDir,
      timeZone,
      logLevel: 'info',
      // This machine's own line has no price: a shop's history of months goes through it in seconds.
      cloud: { uplinkBytesPerSecond: 64_000_000, downloadBytesPerSecond: 64_000_000 },
      http: { port },
      sensors: SHOP_SENSORS,
      clock: { start: new Date(start).toISOString(), speed, since: new Date(since).toISOString() },
      ...options.settings,
    }
    // JSON is YAML.
    await writeFile(config, `${JSON.stringify(settings, null, 2)}\n`)
  }
  await setClock(options.clock)
  const program = new Program({
    name: `agent ${device}`,
    // By its own first line, which sets what the memory of a small device asks for.
    command: ENTRY,
    args: ['run', '--config', config],
    env: { STORECAST_CLAIM: claim, ORT_DISABLE_TELEMETRY: '1', ...options.env },
    logFile: join(home, 'agent.log'),
    probe: async (signal) => {
      const { ok, status } = await fetch(new URL('/v2/health/live', url), { signal })
      if (!ok) throw new Error(`/v2/health/live answers ${status}`)
    },
  })
  const setPin = async () => {
    const { stdout } = await promisify(execFile)(ENTRY, ['pin', '--config', config])
    const pin = /\b\d{6}\b/.exec(stdout)?.[0]
    if (pin === undefined) throw new Error(`no PIN was made for ${device}: ${stdout}`)
    return pin
  }
  return {
    device,
    program,
    url,
    dataDir,
    setClock,
    setPin,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}
