import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WindowRecord } from '@storecast/shared/contracts'
import type { Credentials } from '../identity/index.ts'
import { backlog } from '../outbox/index.ts'
import { openReading } from '../platform/database.ts'
import { createLogger } from '../platform/logger.ts'
import { startWriter } from '../platform/writer.ts'
import { type LinkStatus, Sync } from '../sync/index.ts'
import { type ReplicaRecords, readReplica } from './replica.ts'
import type { ReplicaProcedures } from './replica-writer.ts'

/** A device's outbox and link, as they run in an agent, over windows that a test writes. */
export interface LiveDevice extends AsyncDisposable {
  putWindow(window: WindowRecord): Promise<void>
  coarsen(coarse: WindowRecord): Promise<void>
  /** Records that the cloud has not acknowledged. */
  readonly waiting: number
  readonly status: LinkStatus
  records(): ReplicaRecords
  /** A copy of its disk, as somebody takes who clones it. */
  image(): Buffer
}

interface LiveDeviceOptions {
  /** Of the broker. */
  readonly url: string
  readonly device: string
  /** In place of a token. */
  readonly tls?: Credentials['tls']
  /** Its disk; without one it gets an empty one. */
  readonly image?: Buffer
}

/** Timeouts and backoff are short, for tests that take the broker down. */
export async function startLiveDevice({ url, device, tls, image }: LiveDeviceOptions): Promise<LiveDevice> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'device-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'agent.db')
  if (image) await writeFile(file, image)
  const entry = new URL('./replica-writer.ts', import.meta.url)
  const writer = stack.use(await startWriter<ReplicaProcedures>(entry, { file }))
  const db = stack.adopt(openReading(file), (connection) => void connection.close())
  const sync = stack.use(
    new Sync({
      device,
      identity: { credentials: async () => ({ broker: url, ...(tls ? { tls } : { token: device, tls: {} }) }) },
      writer,
      db,
      log: createLogger({ level: 'silent' }),
      onDesired: () => undefined,
      uplink: { bytesPerSecond: 1e8, answerMs: 500, backoffMs: 500, silenceMs: 3000 },
      backoff: { baseMs: 50, capMs: 500 },
      lookMs: 20,
    }),
  )
  sync.start()
  const owned = stack.move()
  return {
    putWindow: (window) => writer.call('replica.window', window),
    coarsen: (coarse) => writer.call('replica.coarsen', coarse),
    get waiting() {
      return backlog(db).records
    },
    get status() {
      return sync.status
    },
    records: () => readReplica(db),
    image: () => db.serialize(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
