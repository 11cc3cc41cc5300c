import type { PoolClient } from 'pg'
import { unknownDevice } from '../devices/index.ts'
import type { Database } from '../platform/database.ts'
import { ForbiddenError, InvalidError } from '../platform/errors.ts'
import { isLimited, type LabelLimit, siteWithin } from '../platform/label-limit.ts'

type Labels = Readonly<Record<string, string>>

/** What is done to each of many devices. */
export type BulkAction =
  | { readonly kind: 'label'; readonly set: Labels; readonly remove: readonly string[] }
  /** Withdraws token and certificates; a new claim enrols the device again. */
  | { readonly kind: 'revoke' }
  /** Asks for a support bundle, in which its log is. */
  | { readonly kind: 'support-bundle' }

/** What became, or would become, of one device. */
export interface BulkOutcome {
  readonly device: string
  readonly outcome: 'changed' | 'unchanged' | 'refused'
  /** Why it was refused, or what is meant. */
  readonly reason: string | null
  readonly before: Labels
  readonly after: Labels
}

interface BulkRequest {
  readonly devices: readonly string[]
  readonly action: BulkAction
  /** Only says what would be. */
  readonly dryRun: boolean
  readonly within: LabelLimit
  readonly who: string
}

export interface BulkActions {
  /**
   * All of it or nothing, where it is about labels or credentials; support bundles are asked for one by one.
   * @throws NotFoundError `device-unknown`; ForbiddenError `beyond-limit` where one of them lies outside of the limit
   */
  run(request: BulkRequest): Promise<BulkOutcome[]>
  /** Labels of the devices, for the audit log. */
  labels(client: Pick<PoolClient, 'query'>, devices: readonly string[]): Promise<Record<string, Labels>>
}

interface BulkOptions {
  readonly database: Database
  readonly certificates: { revoke(client: PoolClient, device: string, reason: string): Promise<number> }
  readonly support: { ask(device: string, who: string): Promise<unknown> }
  /** A session that token or certificate opened must end. */
  readonly onWithdrawn: (device: string) => void
}

interface Found {
  readonly id: string
  readonly labels: Labels
  readonly retired: boolean
  readonly within: boolean
}

const MOST_LABELS = 32

/** What an action makes of one device. Pure. */
export function outcomeOf(
  { id: device, labels: before, retired }: Omit<Found, 'within'>,
  action: BulkAction,
): BulkOutcome {
  const same = { device, before, after: before }
  if (retired) return { ...same, outcome: 'refused', reason: 'it was taken out of service' }
  switch (action.kind) {
    case 'label': {
      const kept = Object.entries(before).filter(([name]) => !action.remove.includes(name))
      const after = { ...Object.fromEntries(kept), ...action.set }
      if (Object.keys(after).length > MOST_LABELS) {
        return { ...same, outcome: 'refused', reason: `it would carry more than ${MOST_LABELS} labels` }
      }
      const isSame =
        Object.keys(after).length === Object.keys(before).length &&
        Object.entries(after).every(([name, value]) => before[name] === value)
      return { ...same, after, outcome: isSame ? 'unchanged' : 'changed', reason: null }
    }
    case 'revoke':
      return { ...same, outcome: 'changed', reason: 'it is cut off until a claim that names it enrols it again' }
    case 'support-bundle':
      return { ...same, outcome: 'changed', reason: 'it answers when it is connected' }
  }
}

export function bulkActions({ database, certificates, support, onWithdrawn }: BulkOptions): BulkActions {
  const read = async (
    client: Pick<PoolClient, 'query'>,
    { devices, within }: Pick<BulkRequest, 'devices' | 'within'>,
    lock: string,
  ) => {
    const { rows } = await client.query<Found>(
      `SELECT d.id, d.labels, d.retired_at IS NOT NULL AS retired, ${siteWithin('d.site', 2)} AS within
       FROM devices d WHERE d.id = ANY($1) ORDER BY d.id ${lock}`,
      [devices, within],
    )
    const missing = devices.find((id) => !rows.some((row) => row.id === id && row.within))
    if (missing === undefined) return rows
    if (!isLimited(within)) return unknownDevice(missing)
    // Of one that lies outside one hears what one hears of one that is not there.
    throw new ForbiddenError({
      code: 'beyond-limit',
      message: 'Some of these devices are not there, or lie outside of what your account is limited to. Choose again.',
    })
  }

  return {
    async labels(client, devices) {
      const { rows } = await client.query<Found>('SELECT id, labels FROM devices WHERE id = ANY($1) ORDER BY id', [
        devices,
      ])
      return Object.fromEntries(rows.map(({ id, labels }) => [id, labels]))
    },
    async run({ action, dryRun, who, ...which }) {
      const outcomes = (found: readonly Found[]) => found.map((one) => outcomeOf(one, action))
      if (dryRun || action.kind === 'support-bundle') {
        const all = outcomes(await read(database.pool, which, ''))
        if (!dryRun) for (const { device, outcome } of all) if (outcome === 'changed') await support.ask(device, who)
        return all
      }
      const all = await database.transaction(async (client) => {
        const all = outcomes(await read(client, which, 'FOR NO KEY UPDATE OF d'))
        const changed = all.filter(({ outcome }) => outcome === 'changed')
        const ids = changed.map(({ device }) => device)
        if (action.kind === 'label') {
          await client.query(
            'UPDATE devices d SET labels = n.labels FROM jsonb_to_recordset($1) AS n(id text, labels jsonb) WHERE d.id = n.id',
            [JSON.stringify(changed.map(({ device, after }) => ({ id: device, labels: after })))],
          )
        } else {
          await client.query('UPDATE devices SET token_hash = NULL WHERE id = ANY($1)', [ids])
          for (const id of ids) await certificates.revoke(client, id, 'revoked by an operator')
        }
        return all
      })
      if (action.kind === 'revoke')
        for (const { device, outcome } of all) if (outcome === 'changed') onWithdrawn(device)
      return all
    },
  }
}

/** @throws InvalidError for an action that does nothing */
export function requireSomething(action: BulkAction): void {
  if (action.kind !== 'label' || Object.keys(action.set).length + action.remove.length > 0) return
  throw new InvalidError({ code: 'bulk-nothing', message: 'Name a label to set or to remove.' })
}
