import { setTimeout as delay } from 'node:timers/promises'
import type { DesiredState } from '@storecast/shared/contracts'
import type { Bus } from '../platform/bus.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { UnavailableError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { DesiredBody } from './desired.ts'

export interface Publisher extends AsyncDisposable {
  /** Call after a commit that may have changed desired states. */
  wake(): void
}

const BATCH = 200
const RETRY_MS = 2_000
/** How long a published state holds. */
const LIFETIME_SECONDS = 14 * 86_400

export interface PublisherOptions {
  readonly database: Database
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
}

/**
 * Publishes desired states, retained, as they change, and all of them after each new link to the broker (an embedded
 * broker starts empty). Rows are locked while they are published, so that two clouds never publish an older state
 * after a newer one.
 */
export function startPublisher({ database, bus, clock, log }: PublisherOptions): Publisher {
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
        while ((await publishBatch(database, bus, clock)) && !ending.signal.aborted);
      } catch (error) {
        // While the broker is away the rows stay unpublished; the next link publishes them.
        if (error instanceof UnavailableError) return
        log.error({ error }, 'desired states were not published; trying again')
        changed = true
        await delay(RETRY_MS, undefined, { signal: ending.signal }).catch(() => {})
      }
    }
  }

  const link = bus.onConnected(() => {
    relinked = true
    wake()
  })
  return {
    wake,
    async [Symbol.asyncDispose]() {
      ending.abort()
      link[Symbol.dispose]()
      await running
    },
  }
}

/** Whether there may be more. */
function publishBatch(database: Database, bus: Bus, clock: Clock): Promise<boolean> {
  return database.transaction(async (client) => {
    const { rows } = await client.query<{ device: string; generation: number; body: DesiredBody }>(
      `SELECT device, generation, body FROM desired_states WHERE published <> generation
       ORDER BY device LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
    )
    if (rows.length === 0) return false
    await Promise.all(
      rows.map(({ device, generation, body }) => {
        const expires = Math.floor(clock.now() / 1000) + LIFETIME_SECONDS
        const state: DesiredState = { ...body, generation, device, expires }
        return bus.publish(`storecast/v1/${device}/desired`, JSON.stringify(state), { retain: true })
      }),
    )
    await client.query('UPDATE desired_states SET published = generation WHERE device = ANY($1)', [
      rows.map((row) => row.device),
    ])
    return rows.length === BATCH
  })
}
