import type { PoolClient } from 'pg'
import { type AuditEntry, entryHash, NO_ENTRY } from '../../../cloud/audit/chain.ts'
import { copyRows, layoutOf } from '../../../cloud/ingest/copy.ts'
import { canonicalJson } from '../../../cloud/platform/canonical.ts'
import type { Scale } from './scale.ts'

const ROWS_AT_ONCE = 10_000

interface Row {
  readonly number: number
  readonly hash: Buffer
  readonly text: string
}
const LAYOUT = layoutOf<Row>([
  ['number', 'int8', ({ number }) => number],
  ['hash', 'bytea', ({ hash }) => hash],
  // The binary form of json is its text.
  ['entry', 'text', ({ text }) => text],
])

/** Follows on the entries that are there, so that the whole chain verifies. */
export async function addAudit(client: PoolClient, { now, auditRows, sites }: Scale): Promise<void> {
  const { rows: heads } = await client.query<{ number: number; hash: string }>(
    "SELECT number, encode(hash, 'hex') AS hash FROM audit_log ORDER BY number DESC LIMIT 1",
  )
  let head = heads[0] ?? NO_ENTRY
  const devices = await client.query<{ id: string; site: string; labels: object }>(
    'SELECT id, site, labels FROM devices ORDER BY md5(id) LIMIT $1',
    [sites],
  )
  while (head.number < auditRows) {
    const chunk: Row[] = []
    for (let i = 0; i < ROWS_AT_ONCE && head.number < auditRows; i++) {
      const number = head.number + 1
      const device = devices.rows[number % devices.rows.length]!
      const entry: AuditEntry = {
        ...{ format: 1, number, previous: head.hash, at: now - (auditRows - number) * 20_000 },
        ...callOf(number, device),
      }
      head = { number, hash: entryHash(entry) }
      chunk.push({ number, hash: Buffer.from(head.hash, 'hex'), text: canonicalJson(entry) })
    }
    await copyRows(client, 'audit_log', LAYOUT, chunk)
  }
}

function callOf(number: number, { id, site, labels }: { id: string; site: string; labels: object }) {
  const who = `person-${number % 40}`
  const actor = {
    ...{ kind: 'operator' as const, id: who, from: '10.0.0.7' },
    ...(number % 4 === 3 && { limit: { region: 'eu-west' } }),
  }
  const device = { id, site, labels, enrolledAt: 1, retiredAt: null, online: true, link: 3, presenceAt: 1, lastSeen: 1 }
  const decision = number % 50 === 0 ? ('denied' as const) : ('allowed' as const)
  switch (number % 5) {
    case 0:
      return { actor, action: 'POST /v1/sessions', subject: '/v1/sessions', decision, request: { body: { name: who } } }
    case 1: {
      const action = 'POST /v1/rollouts/:rollout/:verb'
      return { actor, action, subject: `/v1/rollouts/${number % 200}/pause`, decision, request: { body: {} } }
    }
    case 2: {
      const task = { id: number, device: id, site, sensor: 'fridge', state: 'open', threshold: 0.9, score: 0.8 }
      const action = 'POST /v1/stewardship-tasks/:task/acknowledge'
      return {
        actor,
        action,
        subject: `/v1/stewardship-tasks/${number}/acknowledge`,
        sites: [site],
        decision,
        before: task,
        after: task,
      }
    }
    default: {
      const action = 'PUT /v1/devices/:device/labels'
      return {
        actor,
        action,
        subject: `/v1/devices/${id}/labels`,
        sites: [site],
        decision,
        request: { body: labels },
        before: device,
        after: device,
      }
    }
  }
}
