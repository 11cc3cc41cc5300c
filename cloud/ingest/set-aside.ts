import type { PoolClient } from 'pg'
import type { Gap } from './account.ts'
import type { Arrival } from './arrivals.ts'

/** A message that was not understood, whole or in part. */
export interface RawMessage {
  readonly device: string
  readonly payload: Uint8Array
  readonly reason: 'unreadable' | 'rejected' | 'unknown-records' | 'unknown-device'
  /** For people. */
  readonly detail: string
}

/** Of each device; unknown ones share one place. */
const KEPT = 100

/** Keeps messages as they came; the oldest of the same device go. */
export async function keepRaw(client: PoolClient, messages: readonly RawMessage[], now: number): Promise<void> {
  if (messages.length === 0) return
  const owner = ({ device, reason }: RawMessage) => (reason === 'unknown-device' ? '' : device)
  await client.query(
    `INSERT INTO raw_messages (device, reason, detail, payload, received_at)
     SELECT *, $5 FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])`,
    [
      messages.map(owner),
      messages.map(({ reason }) => reason),
      messages.map(({ device, reason, detail }) => (reason === 'unknown-device' ? `${device}: ${detail}` : detail)),
      messages.map(({ payload }) => Buffer.from(payload)),
      now,
    ],
  )
  for (const device of new Set(messages.map(owner))) {
    await client.query(
      `DELETE FROM raw_messages WHERE device = $1 AND id <=
         (SELECT id FROM raw_messages WHERE device = $1 ORDER BY id DESC OFFSET ${KEPT} LIMIT 1)`,
      [device],
    )
  }
}

export async function noteGaps(
  client: PoolClient,
  gaps: readonly (Gap & { readonly device: string; readonly epoch: number })[],
  now: number,
): Promise<void> {
  if (gaps.length === 0) return
  await client.query(
    `INSERT INTO gaps (device, epoch, cause, first_seq, last_seq, noticed_at)
     SELECT *, $6 FROM unnest($1::text[], $2::int8[], $3::text[], $4::int8[], $5::int8[])`,
    [
      gaps.map(({ device }) => device),
      gaps.map(({ epoch }) => epoch),
      gaps.map(({ cause }) => cause),
      gaps.map(({ first }) => first),
      gaps.map(({ last }) => last),
      now,
    ],
  )
}

/** Batches of one device that wait for an operator, of at most 120 KB each: who copied a disk fills no other. */
export const MOST_QUARANTINED = 5000

/**
 * Keeps a batch of a quarantined epoch apart, whole. The device's row is locked.
 * @returns false where there is no room, and nothing was kept
 */
export async function quarantine(
  client: PoolClient,
  { device, batch, payload }: Arrival & { readonly kind: 'batch' },
  now: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO quarantined_batches (device, epoch, payload, received_at) SELECT $1, $2, $3, $4
     WHERE (SELECT count(*) FROM quarantined_batches WHERE device = $1) < ${MOST_QUARANTINED}`,
    [device, batch.epoch, Buffer.from(payload), now],
  )
  return rowCount === 1
}
