import { setTimeout as delay } from 'node:timers/promises'
import type { DesiredState } from '@storecast/shared/contracts'
import type { Tracing } from '@storecast/shared/tracing'
import type { Bus } from '../platform/bus.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, UnavailableError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { SignDesired } from '../trust/index.ts'
import type { DesiredBody } from './desired.ts'

export interface Publisher extends AsyncDisposable {
  /** Call after a commit that may have changed desired states. */
  wake(): void
  /** Signs the states of these devices anew: they have just connected, and may hold an old one. */
  renew(devices: readonly string[]): void
}

const BATCH = 200
const RETRY_MS = 2_000
/** How long a published state holds: a device that hears nothing newer begins nothing new after that. */
const LIFETIME_MS = 48 * 3_600_000

/** When a state that is signed now is signed anew: at half its life, up to a fifth of that earlier, each at its own time. */
export const renewalOf = (nowMs: number, random: () => number = Math.random): number =>
  Math.floor(nowMs + (LIFETIME_MS / 2) * (1 - 0.2 * random()))

interface PublisherOptions {
  readonly database: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  /** What devices can verify, of at most 64 KB. */
  readonly sign: SignDesired
  /** Absent: nothing is traced. */
  readonly tracing?: Tracing
  /** How often it is looked for states to sign anew. */
  readonly everyMs?: number
}

/**
 * Publishes desired states, signed and retained: as they change, before their signature expires, after the device's hello,
 * and all of them after each new link to the broker (an embedded broker starts empty). Rows are locked while they are published, so that two clouds never publish an older state
 * after a newer one.
 */
export function startPublisher(options: PublisherOptions): Publisher {
  const { database, bus, log, everyMs = 30_000 } = options
  const ending = new AbortController()
  let changed = false
  let relinked = false
  let running: Promise<void> | undefined

  function wake() {
    changed = true
    running ??= run().finally(() => {
      running = undefined
      // A call that came between the loop's end and here.
      if (changed && bus.connected && !ending.signal.aborted) wake()
    })
  }

  async function run(): Promise<void> {
    while (changed && !ending.signal.aborted) {
      try {
        if (relinked) await database.pool.query('UPDATE desired_states SET published = 0')
        relinked = false
        changed = false
        while ((await publishBatch(options)) && !ending.signal.aborted);
      } catch (error) {
        // While the broker is away the rows stay unpublished; the next link publishes them.
        if (error instanceof UnavailableError) return
        log.error({ error }, 'desired states were not published; trying again')
        changed = true
        await delay(RETRY_MS, undefined, { signal: ending.signal }).catch(() => {})
      }
    }
  }

  const watch = async () => {
    while (!ending.signal.aborted) {
      await delay(everyMs, undefined, { signal: ending.signal }).catch(() => {})
      if (bus.connected) wake()
    }
  }
  const watching = watch()
  const link = bus.onConnected(() => {
    relinked = true
    wake()
  })
  return {
    wake,
    renew(devices) {
      database.pool
        .query('UPDATE desired_states SET renew_at = 0 WHERE device = ANY($1)', [devices])
        .then(wake, (error) => log.warn({ error }, 'desired states are not signed anew before they are due'))
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      link[Symbol.dispose]()
      await watching
      await running
    },
  }
}

interface DueState {
  readonly device: string
  readonly generation: number
  readonly body: DesiredBody
  readonly traceparent: string | null
}

/** Whether there may be more. */
function publishBatch({ database, bus, clock, log, sign, tracing }: PublisherOptions): Promise<boolean> {
  return database.transaction(async (client) => {
    const now = clock.now()
    const { rows } = await client.query<DueState>(
      `SELECT s.device, s.generation, s.body, s.traceparent FROM desired_states s JOIN devices d ON d.id = s.device
       WHERE (s.published <> s.generation OR s.renew_at <= $1) AND d.retired_at IS NULL
       ORDER BY s.device LIMIT ${BATCH} FOR UPDATE OF s SKIP LOCKED`,
      [now],
    )
    if (rows.length === 0) return false
    const expires = Math.floor((now + LIFETIME_MS) / 1000)
    await Promise.all(
      rows.map(async ({ device, generation, body, traceparent }) => {
        const state: DesiredState = { ...body, generation, device, expires, ...(traceparent && { traceparent }) }
        const attributes = { 'storecast.device': device, 'storecast.generation': generation }
        const span = traceparent
          ? tracing?.begin('storecast.desired.publish', { parent: traceparent, attributes })
          : undefined
        try {
          await bus.publish(`storecast/v1/${device}/desired`, await sign(state), { retain: true })
          span?.end()
        } catch (error) {
          // What cannot be signed is no other device's trouble; it is tried again when it changes or is due.
          if (!(error instanceof ConflictError)) throw error
          log.error({ device, error }, 'a desired state was not published')
        }
      }),
    )
    await client.query(
      `UPDATE desired_states s SET published = generation, renew_at = given.renew_at
       FROM unnest($1::text[], $2::int8[]) AS given (device, renew_at) WHERE s.device = given.device`,
      [rows.map((row) => row.device), rows.map(() => renewalOf(now))],
    )
    return rows.length === BATCH
  })
}
