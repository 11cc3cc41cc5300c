import { AsyncLocalStorage } from 'node:async_hooks'
import type { Pool, PoolClient } from 'pg'
import { canonicalJson } from '../platform/canonical.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { CloudError, ForbiddenError, UnauthenticatedError } from '../platform/errors.ts'
import { isLimited, type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { lock } from '../platform/locks.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import {
  type Actor,
  type AuditEntry,
  type AuditRecord,
  type ChainedEntry,
  entryHash,
  type Head,
  NO_ENTRY,
  type PolicyDecision,
} from './chain.ts'

/** A mutating call that begins. */
export interface Call extends Pick<AuditRecord, 'action' | 'subject' | 'sites' | 'request'> {
  readonly actor: Actor
  /** Who the caller turned out to be, by what the transaction returned: of a call by which somebody signs in. */
  readonly known?: (made: unknown) => Actor
  /**
   * The thing that the call changes, read on the connection of the call's own transaction; undefined where it is not
   * there. Asked before and after the change.
   * @param made after the change, what the transaction returned: the id of a thing that was not there before.
   */
  readonly state?: (client: PoolClient, made?: unknown) => Promise<unknown>
  /** Hears every policy's word on the call. */
  readonly onDecision?: (decision: PolicyDecision) => void
}

export interface AuditQuery extends PageRequest {
  readonly order: 'newest' | 'oldest'
  readonly action?: string | undefined
  readonly actor?: string | undefined
  readonly decision?: AuditRecord['decision'] | undefined
  /** Paths of what was called: entries of any of them, and of what lies below it. */
  readonly subjects?: readonly string[] | undefined
  /**
   * Entries of calls about sites within the limit, and of people whose own limit lies within it; of others it cannot be said
   * that nothing else is in them.
   */
  readonly within?: LabelLimit
}

export interface AuditLog {
  /**
   * The database that calls work on: the first transaction that a recorded call makes takes the call's entry with it,
   * so that both are kept or neither.
   */
  readonly database: Database
  /**
   * Does a call and leaves its entry: in the call's first transaction, or, where it made none or failed, in one of its
   * own. A call that did its work and cannot be recorded fails.
   */
  recorded<T>(call: Call, work: () => Promise<T>): Promise<T>
  /** Writes down what has been decided without any work: a call that was refused before it began. */
  append(record: Omit<AuditRecord, 'at'>): Promise<void>
  /** Writes down, in a transaction that goes on, what a part of the cloud has decided by itself: both are kept or neither. */
  appendIn(client: PoolClient, record: Omit<AuditRecord, 'at'>): Promise<void>
  /** Adds a policy's word to the entry of the call that goes on; outside of one it is an entry of its own. */
  note(decision: PolicyDecision): Promise<void>
  head(): Promise<Head>
  list(query: AuditQuery): Promise<Page<ChainedEntry>>
}

/** A call that goes on. */
interface Scope {
  readonly call: Call
  readonly policies: PolicyDecision[]
  before?: unknown
  /** The entry has a transaction to go with, or the call is over. */
  taken: boolean
  recorded: boolean
}

/** Refusals of callers that nobody knows get so many entries a minute; the next such entry counts the others. */
const UNKNOWN_PER_MINUTE = 60
const MINUTE = 60_000

/** As its index has it. */
const SUBJECT = `(entry ->> 'subject') COLLATE "C"`

/** Within the limit that is parameter 6. */
const SEEN_WITHIN = `((entry -> 'actor' -> 'limit')::jsonb @> $6::jsonb OR (entry::jsonb ? 'sites' AND NOT EXISTS (
  SELECT 1 FROM json_array_elements_text(entry -> 'sites') AS about(site) WHERE NOT ${siteWithin('about.site', 6)})))`

export function createAudit({ database, clock }: { database: Database; clock: Clock }): AuditLog {
  const scopes = new AsyncLocalStorage<Scope>()
  const write = (client: PoolClient, record: Omit<AuditRecord, 'at'>) => chain(client, { at: clock.now(), ...record })
  const unknown = { minute: 0, entries: 0, unrecorded: 0 }
  const append = async (record: Omit<AuditRecord, 'at'>) => {
    let { unrecorded } = unknown
    if (record.actor.kind === 'unknown' && record.decision !== 'allowed') {
      const minute = Math.floor(clock.now() / MINUTE)
      if (minute !== unknown.minute) Object.assign(unknown, { minute, entries: 0 })
      unknown.entries++
      if (unknown.entries > UNKNOWN_PER_MINUTE) {
        unknown.unrecorded++
        return
      }
    } else unrecorded = 0
    await database.transaction((client) => write(client, { ...record, ...(unrecorded > 0 && { unrecorded }) }))
    unknown.unrecorded -= unrecorded
  }

  const transaction: Database['transaction'] = async (work) => {
    const scope = scopes.getStore()
    if (!scope || scope.taken) return database.transaction(work)
    scope.taken = true
    const { call, policies } = scope
    try {
      const result = await database.transaction(async (client) => {
        const before = (await call.state?.(client)) ?? null
        if (call.state) scope.before = before
        const made = await work(client)
        const after = (await call.state?.(client, made)) ?? null
        await write(client, {
          ...entryOf(call, policies),
          ...(call.known && { actor: call.known(made) }),
          decision: 'allowed',
          ...(call.state && { before, after }),
        })
        return made
      })
      scope.recorded = true
      return result
    } finally {
      // What failed has left nothing; the call may go on to another transaction.
      scope.taken = scope.recorded
    }
  }

  return {
    database: { ...database, transaction },
    append,
    appendIn: write,
    async recorded(call, work) {
      const scope: Scope = { call, policies: [], taken: false, recorded: false }
      /** What still runs when the call is over has entries of its own. */
      const close = () => {
        const { recorded } = scope
        Object.assign(scope, { taken: true, recorded: true })
        return recorded
      }
      let result: Awaited<ReturnType<typeof work>>
      try {
        result = await scopes.run(scope, work)
      } catch (error) {
        const recorded = close()
        const { before, policies } = scope
        // What changed before it failed has its entry; this one says that the call did not end well.
        await append({
          ...entryOf(call, recorded ? [] : policies),
          ...(before !== undefined && !recorded && { before }),
          ...refusalOf(error),
        }).catch((cause) => {
          throw new AggregateError([error, cause], 'a call failed, and could not be recorded')
        })
        throw error
      }
      if (!close()) await append({ ...entryOf(call, scope.policies), decision: 'allowed' })
      return result
    },
    async note(decision) {
      const scope = scopes.getStore()
      const { gate, policy, verdict } = decision
      if (scope && !scope.recorded) {
        // A transaction that was tried again asks again.
        const again = scope.policies.findIndex((one) => one.gate === gate && one.policy === policy)
        if (again >= 0) scope.policies.splice(again, 1)
        scope.policies.push(decision)
        scope.call.onDecision?.(decision)
      } else {
        await append({
          actor: { kind: 'system', id: 'policy' },
          action: gate,
          subject: policy,
          decision: verdict === 'deny' ? 'denied' : 'allowed',
          policies: [decision],
        })
      }
    },
    head: () => headOf(database.pool),
    async list({ after, limit, order, action, actor, decision, subjects, within = NO_LIMIT }) {
      const newest = order === 'newest'
      const { rows } = await database.pool.query<ChainedEntry>(
        `SELECT number, encode(hash, 'hex') AS hash, entry FROM audit_log
         WHERE ($1::int8 IS NULL OR number ${newest ? '<' : '>'} $1) AND ($2::text IS NULL OR entry ->> 'action' = $2)
           AND ($3::text IS NULL OR entry -> 'actor' ->> 'id' = $3) AND ($4::text IS NULL OR entry ->> 'decision' = $4)
           AND ($7::text[] IS NULL OR ${SUBJECT} = ANY($7) OR ${SUBJECT} ^@ ANY($8::text[]))
           AND ${isLimited(within) ? SEEN_WITHIN : '$6::jsonb IS NOT NULL'}
         ORDER BY number ${newest ? 'DESC' : 'ASC'} LIMIT $5`,
        [
          ...[after ?? null, action ?? null, actor ?? null, decision ?? null, limit + 1, within],
          ...[subjects ?? null, subjects?.map((path) => `${path}/`) ?? null],
        ],
      )
      return toPage(rows, limit, (row) => String(row.number))
    },
  }
}

const entryOf = ({ actor, action, subject, sites, request }: Call, policies: readonly PolicyDecision[]) => ({
  actor,
  action,
  subject,
  ...(sites && { sites }),
  ...(request !== undefined && { request }),
  ...(policies.length > 0 && { policies }),
})

/** What the log says of an error; what is not ours says nothing of the inside. */
function refusalOf(error: unknown): Pick<AuditRecord, 'decision' | 'code' | 'message'> {
  if (!(error instanceof CloudError)) return { decision: 'failed', code: 'internal' }
  const { code, message } = error
  const isRefusal = error instanceof ForbiddenError || error instanceof UnauthenticatedError
  return { decision: isRefusal ? 'denied' : 'failed', code, message }
}

async function chain(client: PoolClient, record: AuditRecord): Promise<void> {
  // One entry at a time, from here to the commit.
  await lock(client, 'audit')
  const { number, hash } = await headOf(client)
  const entry: AuditEntry = { ...record, format: 1, number: number + 1, previous: hash }
  await client.query('INSERT INTO audit_log (number, hash, entry) VALUES ($1, $2, $3)', [
    entry.number,
    Buffer.from(entryHash(entry), 'hex'),
    canonicalJson(entry),
  ])
}

async function headOf(client: Pool | PoolClient): Promise<Head> {
  const { rows } = await client.query<Head>(
    "SELECT number, encode(hash, 'hex') AS hash FROM audit_log ORDER BY number DESC LIMIT 1",
  )
  return rows[0] ?? NO_ENTRY
}
