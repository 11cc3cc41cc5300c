import { join } from 'node:path'
import type { DesiredState, ModelTarget } from '@storecast/shared/contracts'
import { type Connection, openReading } from '../platform/database.ts'
import { fileSize, readFrom } from '../platform/files.ts'
import { createLogger } from '../platform/logger.ts'
import { startWriter, type Writer } from '../platform/writer.ts'
import { openTrustGate, type TrustError, type TrustGate, type TrustGateOptions } from '../trust/index.ts'
import { readTime } from '../trust/state.ts'
import { TrustTime } from '../trust/time.ts'
import type { AgentProcedures } from '../writer-thread.ts'
import { type ObjectServer, startObjectServer } from './object-server.ts'
import { SigningCloud } from './signing-cloud.ts'
import { temporaryFolder } from './storage.ts'

/** A device's gate over a database of its own, and the cloud that signs for it. */
export interface GuardedDevice extends AsyncDisposable {
  readonly gate: TrustGate
  readonly cloud: SigningCloud
  readonly server: ObjectServer
  readonly db: Connection
  readonly writer: Writer<AgentProcedures>
  readonly folder: string
  /** The device's own clock, in unix milliseconds. */
  clock: number
  /** What the monotonic clock says; it goes on by this alone. */
  uptime: number
  /** Another start of the agent on the same disk. */
  restart(): Promise<void>
  desired(part?: Partial<DesiredState>): DesiredState
  /** Lets the gate judge a desired state that the cloud signs now. */
  desire(part?: Partial<DesiredState>): Promise<DesiredState>
  /** Stores bytes in the cloud; gives what a desired state says of them. */
  bundle(bytes?: string, version?: number): ModelTarget
}

export async function guardedDevice(overrides: Partial<TrustGateOptions> = {}): Promise<GuardedDevice> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const server = stack.use(await startObjectServer())
  const cloud = new SigningCloud({ put: server.putFile })
  let started = new AsyncDisposableStack()
  stack.defer(() => started.disposeAsync())
  let generation = Math.floor(cloud.now / 1000)

  const start = async () => {
    const file = join(folder.path, 'agent.db')
    const writer = started.use(
      await startWriter<AgentProcedures>(new URL('../writer-thread.ts', import.meta.url), { file }),
    )
    const db = started.adopt(openReading(file), (connection) => void connection.close())
    const gate = started.use(
      openTrustGate({
        ...{ device: 'north-1', writer, db, folder: join(folder.path, 'trust'), root: async () => cloud.firstRoot },
        ...{
          log: createLogger({ level: 'silent' }),
          now: () => device.clock,
          requireTls: () => false,
          tls: () => ({}),
        },
        limits: { stallMs: 20_000, graceMs: 20_000, bytesPerSecond: 1e6 },
        time: new TrustTime(readTime(db).known, { real: () => device.clock, monotonic: () => device.uptime }),
        read: async (sha256) => {
          const path = join(folder.path, sha256)
          return (await fileSize(path)) === undefined ? undefined : readFrom(path)
        },
        ...overrides,
      }),
    )
    return { writer, db, gate }
  }
  const device = {
    ...{ cloud, server, folder: folder.path, clock: cloud.now, uptime: 0 },
    async restart() {
      await started.disposeAsync()
      started = new AsyncDisposableStack()
      Object.assign(device, await start())
    },
    desired(part: Partial<DesiredState> = {}): DesiredState {
      const expires = Math.floor(cloud.now / 1000) + 7 * 86_400
      const whose = { version: 1, device: 'north-1', generation: ++generation, expires } as const
      return { ...whose, site: 'north', api: server.url, documents: {}, models: {}, ...part }
    },
    async desire(part: Partial<DesiredState> = {}) {
      return await device.gate.judge(Buffer.from(await cloud.desire(device.desired(part))))
    },
    bundle: (bytes = 'a bundle', version = 1): ModelTarget => ({ version, bundle: server.put(bytes) }),
  } as GuardedDevice
  Object.assign(device, await start())
  const owned = stack.move()
  return Object.assign(device, { [Symbol.asyncDispose]: () => owned.disposeAsync() })
}

/** The code of the refusal that this ends in; `none` where it goes through. */
export const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: TrustError) => (typeof error.code === 'string' ? error.code : error.name),
  )
