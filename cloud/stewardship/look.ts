import type { Dataset, QualityDimension } from '@storecast/shared/contracts'
import { DIMENSIONS } from '@storecast/shared/quality'
import type { PoolClient } from 'pg'
import type { Objects } from '../platform/objects.ts'
import { datasetOf } from './catalogue.ts'
import { type Decision, decide } from './decide.ts'
import { readQuality, type SensorQuality, sensorsInUse } from './quality.ts'
import { tell } from './tasks.ts'

interface Standing {
  readonly id: number
  readonly device: string
  readonly sensor: string
  readonly dimension: QualityDimension
  readonly open: boolean
}

export interface Look {
  readonly client: PoolClient
  readonly objects: Objects
  readonly now: number
  /** The newest span that is judged, in milliseconds. */
  readonly over: number
  readonly devices: readonly string[]
}

/** The ids of tasks that a look opened or closed. */
export interface Looked {
  readonly opened: readonly number[]
  readonly closed: readonly number[]
}

/** Judges the newest data of some devices, and opens, carries on and closes their tasks, in the caller's transaction. */
export async function lookAt({ client, objects, now, over, devices }: Look): Promise<Looked> {
  const datasets = (await client.query<{ document: Dataset }>('SELECT document FROM datasets ORDER BY name')).rows.map(
    ({ document }) => document,
  )
  const { rows: standing } = await client.query<Standing>(
    `SELECT id, device, sensor, dimension, closed_at IS NULL AS open FROM stewardship_tasks
     WHERE device = ANY($1) AND (closed_at IS NULL OR (end_reason = 'closed' AND recovered_at IS NULL)) FOR UPDATE`,
    [devices],
  )
  const byKey = new Map(standing.map((task) => [keyOf(task.device, task.sensor, task.dimension), task]))
  const opened: number[] = []
  const closed: number[] = []
  for (const quality of await readQuality({ client, objects }, { from: now - over, to: now, devices })) {
    for (const dimension of DIMENSIONS) {
      const task = byKey.get(keyOf(quality.device, quality.sensor, dimension))
      const [score, threshold] = [quality.scores[dimension], quality.thresholds[dimension]]
      const decision = decide({ score, threshold, standing: task ? (task.open ? 'open' : 'dismissed') : 'none' })
      if (score === null || decision === 'nothing') continue
      const found = { quality, dimension, score, threshold, now }
      if (decision === 'open') opened.push(await open(client, { ...found, dataset: datasetOf(datasets, quality) }))
      else await goOn(client, decision, { ...found, id: task!.id })
      if (decision === 'close') closed.push(task!.id)
    }
  }
  return { opened, closed }
}

const keyOf = (device: string, sensor: string, dimension: string) => `${device} ${sensor} ${dimension}`

interface Found {
  readonly quality: SensorQuality
  readonly dimension: QualityDimension
  readonly score: number
  readonly threshold: number
  readonly now: number
}

/** @returns the new task's id */
async function open(client: PoolClient, found: Found & { readonly dataset: Dataset | undefined }): Promise<number> {
  const { quality, dimension, score, threshold, dataset, now } = found
  const { owner, steward } = dataset?.spec ?? {}
  const { rows } = await client.query<{ id: number }>(
    `INSERT INTO stewardship_tasks
       (device, site, sensor, dimension, dataset, owner, steward, state, threshold, score, worst, opened_at, scored_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $9, $10, $10) RETURNING id`,
    [
      ...[quality.device, quality.site, quality.sensor, dimension, dataset?.metadata.name ?? null],
      ...[owner ?? null, steward ?? owner ?? null, threshold, score, now],
    ],
  )
  const note = `${dimension} ${text(score)} is below ${text(threshold)}`
  await tell(client, { task: rows[0]!.id, at: now, who: null, action: 'opened', note })
  return rows[0]!.id
}

async function goOn(
  client: PoolClient,
  decision: Exclude<Decision, 'nothing' | 'open'>,
  { id, score, now }: Found & { readonly id: number },
): Promise<void> {
  switch (decision) {
    case 'note':
      await client.query(
        'UPDATE stewardship_tasks SET score = $2, worst = least(worst, $2), scored_at = $3 WHERE id = $1',
        [id, score, now],
      )
      return
    case 'close':
      await client.query(
        `UPDATE stewardship_tasks SET score = $2, scored_at = $3, state = 'closed', end_reason = 'recovered', closed_at = $3
         WHERE id = $1`,
        [id, score, now],
      )
      return tell(client, { task: id, at: now, who: null, action: 'closed', note: `recovered: ${text(score)}` })
    case 'recovered':
      await client.query('UPDATE stewardship_tasks SET recovered_at = $2 WHERE id = $1', [id, now])
  }
}

/** Tasks that one look drops: there is another soon. */
const DROPPED_AT_ONCE = 1000

/**
 * Drops tasks that were closed before, the oldest first, with their history; not those that keep another from being opened,
 * as their score has not recovered. @param before unix ms
 */
export async function dropClosed(client: PoolClient, before: number): Promise<void> {
  await client.query(
    `DELETE FROM stewardship_tasks WHERE id IN (SELECT id FROM stewardship_tasks
       WHERE closed_at < $1 AND (end_reason <> 'closed' OR recovered_at IS NOT NULL)
       ORDER BY closed_at LIMIT ${DROPPED_AT_ONCE})`,
    [before],
  )
}

const text = (share: number) => `${(100 * share).toFixed(1)} %`

/** Closes tasks of devices that are out of service and of sensors that their site defines no more. */
export async function closeGone({ client, objects, now }: Pick<Look, 'client' | 'objects' | 'now'>): Promise<void> {
  const { rows } = await client.query<{ id: number; site: string; sensor: string; retired: boolean }>(
    `SELECT t.id, d.site, t.sensor, d.retired_at IS NOT NULL AS retired FROM stewardship_tasks t
     JOIN devices d ON d.id = t.device WHERE t.closed_at IS NULL FOR UPDATE OF t`,
  )
  const inUse = await sensorsInUse(
    { client, objects },
    rows.map(({ site }) => site),
  )
  for (const { id, site, sensor, retired } of rows) {
    if (!retired && inUse.has(`${site} ${sensor}`)) continue
    await client.query(
      `UPDATE stewardship_tasks SET state = 'closed', end_reason = 'gone', closed_at = $2 WHERE id = $1`,
      [id, now],
    )
    const note = retired ? 'the device is out of service' : 'the site has this sensor no more'
    await tell(client, { task: id, at: now, who: null, action: 'closed', note })
  }
}
