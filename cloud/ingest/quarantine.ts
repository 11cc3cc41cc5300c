import type { PoolClient } from 'pg'
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { NotFoundError } from '../platform/errors.ts'
import { deviceWithin, type LabelLimit, NO_LIMIT } from '../platform/label-limit.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'
import { arrive } from './arrivals.ts'
import { Group } from './ingest.ts'
import { loadEpochs } from './links.ts'

export interface QuarantinedEpoch {
  readonly device: string
  readonly epoch: number
  readonly dbId: string
  readonly reason: string
  readonly openedAt: number
  readonly batches: number
}

interface QuarantineQuery extends PageRequest {
  readonly device?: string | undefined
  /** Devices outside are left out. */
  readonly within?: LabelLimit
}

export interface Quarantine {
  /** Copies of devices that wait for a decision, or whose release was interrupted, by device and epoch. */
  list(query: QuarantineQuery): Promise<Page<QuarantinedEpoch>>
  /** Those of one device, by epoch. */
  of(device: string, client?: Pick<PoolClient, 'query'>): Promise<QuarantinedEpoch[]>
  /**
   * Makes the epoch the device's own, with all that was kept apart: the copy that was speaking until now is the fork from
   * its next hello on. Can be called again where it was interrupted.
   * @throws NotFoundError `epoch-unknown`
   */
  release(device: string, epoch: number): Promise<void>
  /** Throws away what was kept apart; the epoch stays quarantined. @throws NotFoundError `epoch-unknown` */
  discard(device: string, epoch: number): Promise<void>
}

const Position = z.tuple([z.string(), z.int()])
const OF_EPOCH = 'FROM quarantined_batches q WHERE (q.device, q.epoch) = (e.device, e.epoch)'
const SELECT = `SELECT device, epoch, db_id AS "dbId", reason, opened_at AS "openedAt", (SELECT count(*) ${OF_EPOCH}) AS batches
  FROM device_epochs e WHERE (quarantined OR EXISTS (SELECT 1 ${OF_EPOCH}))`

/** Batches that are applied in one transaction. */
const STEP = 50

export function createQuarantine({ database, clock }: { database: Database; clock: Clock }): Quarantine {
  const requireEpoch = async (device: string, epoch: number) => {
    const { rowCount } = await database.pool.query('SELECT 1 FROM device_epochs WHERE device = $1 AND epoch = $2', [
      device,
      epoch,
    ])
    if (rowCount === 1) return
    throw new NotFoundError({ code: 'epoch-unknown', message: `Device ${device} has no epoch ${epoch}.` })
  }

  /** Applies the oldest batches that wait; whether there may be more. */
  const releaseStep = (device: string, epoch: number) =>
    database.transaction(async (client) => {
      await client.query('SELECT 1 FROM devices WHERE id = $1 FOR NO KEY UPDATE', [device])
      await client.query('UPDATE device_epochs SET quarantined = false WHERE device = $1 AND epoch = $2', [
        device,
        epoch,
      ])
      const { rows } = await client.query<{ payload: Buffer }>(
        `DELETE FROM quarantined_batches WHERE id IN (SELECT id FROM quarantined_batches
           WHERE device = $1 AND epoch = $2 ORDER BY id LIMIT ${STEP}) RETURNING payload`,
        [device, epoch],
      )
      const group = new Group(client, await loadEpochs(client, [device]), { now: clock.now(), pauseMs: 0 })
      for (const { payload } of rows) {
        const arrival = arrive(device, payload)
        if (arrival.kind === 'batch') group.takeReleased(arrival)
      }
      await group.finish()
      return rows.length === STEP
    })

  return {
    async list({ device, within = NO_LIMIT, after, limit }) {
      const position = after === undefined ? ['', 0] : fromCursor(after, Position)
      const { rows } = await database.pool.query<QuarantinedEpoch>(
        `${SELECT} AND ${deviceWithin('e.device', 1)} AND ($2::text IS NULL OR device = $2) AND (device, epoch) > ($3, $4)
         ORDER BY device, epoch LIMIT $5`,
        [within, device ?? null, ...position, limit + 1],
      )
      return toPage(rows, limit, (copy) => toCursor([copy.device, copy.epoch]))
    },
    async of(device, client = database.pool) {
      return (await client.query<QuarantinedEpoch>(`${SELECT} AND device = $1 ORDER BY epoch`, [device])).rows
    },
    async release(device, epoch) {
      await requireEpoch(device, epoch)
      while (await releaseStep(device, epoch)) {
        // The next ones.
      }
    },
    async discard(device, epoch) {
      await requireEpoch(device, epoch)
      await database.transaction((client) =>
        client.query('DELETE FROM quarantined_batches WHERE device = $1 AND epoch = $2', [device, epoch]),
      )
    },
  }
}
