import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SensorDefinition } from '@storecast/shared/contracts'
import { Buffer, type BufferOptions, bufferProcedures } from '../buffer/index.ts'
import { Connection, openReading } from '../platform/database.ts'
import { eventProcedures } from '../platform/events.ts'
import { createLogger } from '../platform/logger.ts'
import { type ManualClock, manualClock } from '../platform/manual-clock.ts'
import { type Procedures, startWriter, type Writer } from '../platform/writer.ts'
import type { Reading } from '../sensors/reading.ts'
import {
  type CoarsenRequest,
  coarsen,
  type RoomNeeded,
  seriesByPriority,
  Windows,
  type WindowsOptions,
  windowProcedures,
} from '../windows/index.ts'
import type { AgentProcedures } from '../writer-thread.ts'
import { openReplica } from './replica.ts'

/** A folder that goes when it is let go. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'agent-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export const temperature: SensorDefinition = {
  name: 'temperature',
  kind: 'gauge',
  unit: '°C',
  resolution: 0.1,
  range: [-40, 60],
  centre: 4,
  interval: 60,
  window: '5m',
  per: 'site',
}
export const sales: SensorDefinition = {
  name: 'sales',
  kind: 'event',
  unit: 'units',
  resolution: 1,
  range: [0, 1000],
  centre: 0,
  interval: 0,
  window: '1h',
  per: 'product',
}
export const energy: SensorDefinition = {
  name: 'energy',
  kind: 'counter',
  unit: 'Wh',
  resolution: 1,
  range: [0, 1e9],
  centre: 0,
  interval: 0,
  window: '15m',
  per: 'site',
}

export const gauge = (time: number, value: number): Reading => ({
  sensor: 'temperature',
  entity: '',
  time,
  value,
  outOfRange: false,
})
export const sale = (time: number, value: number, id: string, entity = 'milk'): Reading => ({
  sensor: 'sales',
  entity,
  time,
  value,
  outOfRange: false,
  id,
})
export const meter = (time: number, value: number): Reading => ({
  sensor: 'energy',
  entity: '',
  time,
  value,
  outOfRange: false,
})

export const openInMemory = (): Connection => openReplica(':memory:')

/** The writer's procedures up to here in this thread, a transaction a call: for histories by the hundred. */
function inlineWriter(db: Connection): Writer<AgentProcedures> {
  const procedures: Procedures = { ...eventProcedures, ...bufferProcedures, ...windowProcedures }
  const call = async (name: string, arg: unknown) => db.transaction(() => procedures[name]!(db, arg))()
  const ended = new Promise<undefined>(() => undefined)
  return {
    call: call as Writer<AgentProcedures>['call'],
    durable: async () => undefined,
    ended,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

export interface Storage extends AsyncDisposable {
  readonly writer: Writer<AgentProcedures>
  readonly db: Connection
  readonly clock: ManualClock
  readonly buffer: Buffer
  readonly windows: Windows
}

export interface StorageOptions {
  readonly now: number
  /** Merges all windows that are older than this, as if space were always short; with `inline` only. */
  readonly coarsen?: { readonly keepFineMs: number }
  readonly timeZone?: string
  /** A writing connection to use in this thread, instead of a file and a writer thread. */
  readonly inline?: Connection
  readonly buffer?: Partial<BufferOptions>
  readonly windows?: Partial<WindowsOptions>
}

/** Writer, buffer and windows over a database in `folder`, as `agent.ts` connects them. */
export async function openStorage(folder: string, options: StorageOptions): Promise<Storage> {
  const { now, timeZone = 'Europe/Berlin' } = options
  const file = databaseIn(folder)
  const stack = new AsyncDisposableStack()
  const clock = manualClock(now)
  const entry = new URL('../writer-thread.ts', import.meta.url)
  const { inline } = options
  const writer = stack.use(inline ? inlineWriter(inline) : await startWriter<AgentProcedures>(entry, { file }))
  const db = inline ?? stack.adopt(openReading(file), (open) => void open.close())
  const buffer = stack.use(await Buffer.start({ writer, db, clock, ...options.buffer }))
  await buffer.define([temperature, sales, energy])
  const log = createLogger({ level: 'silent' })
  const { coarsen: crowded } = options
  const makeRoom = async ({ zone }: RoomNeeded) => {
    if (crowded) db.transaction(() => coarsenAll(db, { zone, now: clock.now(), ...crowded }))()
  }
  const windows = stack.use(
    await Windows.start({ writer, db, buffer, clock, log, timeZone, makeRoom, ...options.windows }),
  )
  return { writer, db, clock, buffer, windows, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

interface Crowded extends Pick<CoarsenRequest, 'zone' | 'now'> {
  /** Store milliseconds of the newest windows that keep their size. */
  readonly keepFineMs: number
}

/** Merges the windows of a stopped agent's database as if space had been short. */
export function coarsenFile(folder: string, crowded: Crowded): void {
  const db = new Connection(databaseIn(folder))
  try {
    db.transaction(() => coarsenAll(db, crowded))()
  } finally {
    db.close()
  }
}

/** As coarse as it gets: first everything into hours, then into days. */
function coarsenAll(db: Connection, { keepFineMs, ...request }: Crowded): void {
  const series = Object.values(seriesByPriority(db)).flat()
  for (const into of ['1h', '1d'] as const) {
    while (coarsen(db, { ...request, into, series, before: request.now - keepFineMs, enough: 20_000 }) !== undefined);
  }
}

const databaseIn = (folder: string) => join(folder, 'agent.db')
