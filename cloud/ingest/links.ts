import { randomBytes } from 'node:crypto'
import { isClockTrusted, type ToldClock } from '@storecast/shared/contracts'
import type { Answer, Hello, Ranges, Run, Waiting } from '@storecast/shared/wire'
import type { PoolClient } from 'pg'
import type { Account, Gap } from './account.ts'
import {
  type Decision,
  decideHello,
  type Grant,
  type History,
  type KnownEpoch,
  type KnownLink,
} from './decide-hello.ts'

/** An epoch of a device inside the transaction that holds the device's row. */
export interface EpochState extends Omit<KnownEpoch, 'highest'> {
  readonly device: string
  link: number
  runs: readonly Run[]
  committedAt: number
  /** Under the newest link. */
  commits: readonly number[]
  account: Account
  /** What the device said last to wait there, and when; null where it does not say. */
  waiting: (Waiting & { readonly toldAt: number }) | null
  /** What the device said last of its clock; null where it does not say. */
  clock: StandingClock | null
  /** To be written back. */
  changed: boolean
}

/** A device's clock, with what the cloud makes of it. */
export interface StandingClock extends ToldClock {
  readonly trusted: boolean
  /** Since when it has been trusted, or not; and when the device told of it. By the cloud's clock, Unix ms. */
  readonly since: number
  readonly toldAt: number
}

/** @param before what was last known of it; null: nothing @param now Unix ms */
export function standing(told: ToldClock, before: StandingClock | null, now: number): StandingClock {
  const trusted = isClockTrusted(told)
  return { ...told, trusted, since: before?.trusted === trusted ? before.since : now, toldAt: now }
}

/** Epochs of devices whose rows are locked, by device. */
export type Epochs = ReadonlyMap<string, EpochState[]>

interface EpochRow {
  readonly device: string
  readonly epoch: number
  readonly db_id: string
  readonly quarantined: boolean
  readonly link: number
  readonly runs: readonly Run[]
  readonly floor: number
  readonly highest: number
  readonly told: string
  readonly records: number
  readonly revised: number
  readonly coarsened: number
  readonly dropped: number
  readonly granted_at: number
  /** JSON: `pg` reads arrays slowly. */
  readonly commits: string
  readonly waiting: EpochState['waiting']
  readonly clock: StandingClock | null
}

export async function loadEpochs(client: PoolClient, devices: readonly string[]): Promise<Epochs> {
  const { rows } = await client.query<EpochRow>(
    `SELECT e.*, e.told::text, l.granted_at, array_to_json(l.commits)::text AS commits FROM device_epochs e JOIN device_links l USING (device, epoch, link)
     WHERE e.device = ANY($1) ORDER BY e.epoch`,
    [devices],
  )
  const epochs = new Map<string, EpochState[]>(devices.map((device) => [device, []]))
  for (const row of rows) {
    const { device, epoch, quarantined, link, runs, floor, highest } = row
    const { records, revised, coarsened, dropped } = row
    const commits = JSON.parse(row.commits) as number[]
    epochs.get(device)!.push({
      device,
      epoch,
      dbId: row.db_id,
      quarantined,
      link,
      runs,
      commits,
      committedAt: commits.at(-1) ?? row.granted_at,
      waiting: row.waiting,
      clock: row.clock,
      account: { floor, told: parseRanges(row.told), highest, counts: { records, revised, coarsened, dropped } },
      changed: false,
    })
  }
  return epochs
}

/** Writes back the accounts that changed, and the times of their commits. */
export async function saveEpochs(client: PoolClient, epochs: Epochs): Promise<void> {
  const changed = [...epochs.values()].flat().filter((epoch) => epoch.changed)
  if (changed.length === 0) return
  const column = <T>(value: (epoch: EpochState) => T) => changed.map(value)
  await client.query(
    `WITH given AS (
       SELECT * FROM unnest($1::text[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::int8[], $7::int8[],
         $8::int8[], $9::int8[], $10::int8[], $11::text[], $12::jsonb[], $13::jsonb[])
         AS given(device, epoch, floor, highest, told, records, revised, coarsened, dropped, link, commits, waiting, clock)
     ), links AS (
       UPDATE device_links l SET commits = given.commits::int8[] FROM given
       WHERE (l.device, l.epoch, l.link) = (given.device, given.epoch, given.link)
     )
     UPDATE device_epochs e SET floor = given.floor, highest = given.highest, told = given.told::int8multirange,
       records = given.records, revised = given.revised, coarsened = given.coarsened, dropped = given.dropped,
       waiting = given.waiting, clock = given.clock
     FROM given WHERE (e.device, e.epoch) = (given.device, given.epoch)`,
    [
      column((e) => e.device),
      column((e) => e.epoch),
      column((e) => e.account.floor),
      column((e) => e.account.highest),
      column((e) => formatRanges(e.account.told)),
      column((e) => e.account.counts.records),
      column((e) => e.account.counts.revised),
      column((e) => e.account.counts.coarsened),
      column((e) => e.account.counts.dropped),
      column((e) => e.link),
      column((e) => `{${e.commits.join(',')}}`),
      column((e) => e.waiting && JSON.stringify(e.waiting)),
      column((e) => e.clock && JSON.stringify(e.clock)),
    ],
  )
}

interface Greeted {
  readonly answer: Answer | undefined
  readonly decision: Decision
  readonly gaps: readonly Gap[]
}

/** Decides a hello and notes the grant; `epochs` changes with it. The device's row is locked. */
export async function greet(
  client: PoolClient,
  { device, hello, epochs, now }: { device: string; hello: Hello; epochs: EpochState[]; now: number },
): Promise<Greeted> {
  const decision = decideHello(await loadHistory(client, device, hello, epochs), hello, now)
  const answer = (outcome: Answer['outcome']): Answer => ({
    nonce: hello.nonce,
    session: hello.session,
    serverTime: now,
    outcome,
  })
  switch (decision.kind) {
    case 'ignore':
      return { answer: undefined, decision, gaps: [] }
    case 'challenge':
      return { answer: answer({ challenge: await challenge(client, { device, hello, now }) }), decision, gaps: [] }
    case 'repeat': {
      const { epoch, link, resendSince } = decision.link
      const grant = {
        epoch,
        link,
        quarantined: decision.quarantined,
        ...(resendSince !== undefined && { resendSince }),
      }
      return { answer: answer({ grant }), decision, gaps: [] }
    }
    case 'grant': {
      const gaps = await grantLink(client, { device, hello, epochs, now, grant: decision.grant })
      const { epoch, link, quarantined, resendSince } = decision.grant
      const grant = { epoch, link, quarantined, ...(resendSince !== undefined && { resendSince }) }
      return { answer: answer({ grant }), decision, gaps }
    }
  }
}

interface LinkRow {
  readonly epoch: number
  readonly link: number
  readonly nonce: string
  readonly session: string
  readonly granted_at: number
  readonly commits: readonly string[]
  readonly resend_since: number | null
}

async function loadHistory(
  client: PoolClient,
  device: string,
  hello: Hello,
  epochs: readonly EpochState[],
): Promise<History> {
  const dbEpochs = epochs.filter((e) => e.dbId === hello.dbId).map((e) => e.epoch)
  const { rows } = await client.query<LinkRow & { role: 'answered' | 'held' | 'before' }>(
    `(SELECT 'answered' AS role, l.* FROM device_links l WHERE device = $1 AND nonce = $2
        ORDER BY session = $3 DESC, epoch DESC, link DESC LIMIT 1)
     UNION ALL SELECT 'held', l.* FROM device_links l
       WHERE device = $1 AND epoch = $4 AND link = $5 AND epoch = ANY($6)
     UNION ALL (SELECT 'before', l.* FROM device_links l
       WHERE device = $1 AND epoch = ANY($6) AND (epoch, link) < ($4, $5) ORDER BY epoch DESC, link DESC LIMIT 1)`,
    [device, hello.nonce, hello.session, hello.epoch, hello.link, dbEpochs],
  )
  const challenges = await client.query<{ challenge: string }>(
    'SELECT challenge FROM device_challenges WHERE device = $1 AND session = $2',
    [device, hello.session],
  )
  const of = (role: string) => {
    const row = rows.find((r) => r.role === role)
    return row && toLink(row)
  }
  return {
    epochs: epochs.map((e) => ({ ...e, highest: e.account.highest })),
    answered: of('answered'),
    held: of('held'),
    before: of('before'),
    challenge: challenges.rows[0]?.challenge,
  }
}

const toLink = ({ epoch, link, nonce, session, granted_at, commits, resend_since }: LinkRow): KnownLink => ({
  epoch,
  link,
  nonce,
  session,
  grantedAt: granted_at,
  commits: commits.map(Number),
  ...(resend_since !== null && { resendSince: resend_since }),
})

/** A device asks again within seconds; older challenges are nobody's. */
const CHALLENGE_MS = 3_600_000

async function challenge(
  client: PoolClient,
  { device, hello, now }: { device: string; hello: Hello; now: number },
): Promise<string> {
  await client.query('DELETE FROM device_challenges WHERE device = $1 AND issued_at < $2', [device, now - CHALLENGE_MS])
  const { rows } = await client.query<{ challenge: string }>(
    `INSERT INTO device_challenges (device, session, challenge, issued_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (device, session) DO UPDATE SET issued_at = excluded.issued_at RETURNING challenge`,
    [device, hello.session, randomBytes(8).toString('hex'), now],
  )
  return rows[0]!.challenge
}

/** Links that a device may still remember. */
const KEPT_LINKS = 1000

async function grantLink(
  client: PoolClient,
  given: { device: string; hello: Hello; epochs: EpochState[]; now: number; grant: Grant },
): Promise<readonly Gap[]> {
  const { device, hello, epochs, now, grant } = given
  const { epoch, link, opens, quarantined, resendSince } = grant
  // `pg` takes an array for one of PostgreSQL's.
  const runs = JSON.stringify(hello.runs)
  let gaps: readonly Gap[] = []
  let state = epochs.find((e) => e.epoch === epoch)
  if (opens !== undefined || !state) {
    // Before its first grant a device has sent nothing; later, what of its past is still to come is not known.
    const base = hello.epoch === 0 ? 1 : hello.nextSeq
    // The same machine, most likely: what is new is what it counts by.
    const clock = epochs.findLast((e) => !e.quarantined)?.clock ?? null
    await client.query(
      `INSERT INTO device_epochs (device, epoch, db_id, reason, quarantined, opened_at, link, runs, base, floor, highest, clock)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 0, $10)`,
      [device, epoch, hello.dbId, opens, quarantined, now, link, runs, base, clock],
    )
    const counts = { records: 0, revised: 0, coarsened: 0, dropped: 0 }
    const account = { floor: base, told: [], highest: 0, counts }
    state = {
      device,
      epoch,
      dbId: hello.dbId,
      quarantined,
      link,
      runs: hello.runs,
      committedAt: now,
      commits: [],
      waiting: null,
      clock,
      account,
      changed: false,
    }
    epochs.push(state)
  } else {
    if (resendSince !== undefined) gaps = startAccountAgain(state, hello.nextSeq)
    await client.query('UPDATE device_epochs SET link = $3, runs = $4 WHERE device = $1 AND epoch = $2', [
      device,
      epoch,
      link,
      runs,
    ])
    state.link = link
    state.runs = hello.runs
    state.committedAt = now
    state.commits = []
  }
  await client.query(
    `INSERT INTO device_links (device, epoch, link, nonce, session, granted_at, resend_since)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [device, epoch, link, hello.nonce, hello.session, now, resendSince ?? null],
  )
  // Whoever else was challenged asked before this grant, and is to ask again.
  await client.query('DELETE FROM device_challenges WHERE device = $1', [device])
  await client.query(
    `DELETE FROM device_links WHERE device = $1 AND epoch = $2 AND link <
       (SELECT link FROM device_links WHERE device = $1 AND epoch = $2 ORDER BY link DESC OFFSET ${KEPT_LINKS} LIMIT 1)`,
    [device, epoch],
  )
  return gaps
}

/** What was acknowledged and lost is sent again under new sequences: the old ones will not come. */
function startAccountAgain(state: EpochState, nextSeq: number): readonly Gap[] {
  const { account } = state
  state.changed = true
  state.account = { ...account, floor: Math.max(account.floor, nextSeq), told: [] }
  const first = Math.max(account.floor, account.highest + 1)
  return first < nextSeq ? [{ cause: 'cloud-restored', first, last: nextSeq - 1 }] : []
}

const formatRanges = (ranges: Ranges) => `{${ranges.map(([first, last]) => `[${first},${last + 1})`).join(',')}}`

/** PostgreSQL's canonical form of a discrete multirange: `{[1,4),[6,7)}`. */
const parseRanges = (text: string): Ranges =>
  [...text.matchAll(/\[(\d+),(\d+)\)/g)].map(([, first, end]) => [Number(first), Number(end) - 1] as const)
