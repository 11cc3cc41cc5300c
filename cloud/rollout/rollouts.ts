import type { RolloutCohort, RolloutCounts, RolloutDocument, RolloutState } from '@storecast/shared/contracts'
import type { Pool, PoolClient } from 'pg'
import { requireGroups } from '../devices/index.ts'
import type { Gates } from '../governance/index.ts'
import { ConflictError, ForbiddenError, InvalidError } from '../platform/errors.ts'
import { type LabelLimit, NO_LIMIT } from '../platform/label-limit.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import { together } from '../platform/together.ts'
import type { Trust } from '../trust/index.ts'
import { type ControllerOptions, startController } from './controller.ts'
import { type CountRow, cohortsOf, countMembers } from './counts.ts'
import { listMembers, type MemberFilter, type RolloutDevice } from './member-list.ts'
import { conflictWith, countBeyond, countRows, countSelected, joinMembers } from './members.ts'
import { planOfStart, planOfVerb, rehearse, type StartPlan, type VerbPlan } from './plans.ts'
import { listQueue, type QueuedAction, type QueueRequest } from './queue.ts'
import {
  type AnalysisRecord,
  findRollout,
  type HistoryEntry,
  newestAnalysis,
  newestVerdicts,
  type RolloutRecord,
  SELECT_ROLLOUT,
  type VerdictRecord,
  writeHistory,
} from './records.ts'
import { act, type Verb } from './verbs.ts'

export interface RolloutFilter {
  readonly model?: string | undefined
  readonly version?: number | undefined
  /** Any of them; undefined: all. */
  readonly states?: readonly RolloutState[] | undefined
  /** With the documents that they were started with. */
  readonly document?: boolean | undefined
}

/** What is the controller's own affair. */
type HiddenKey = 'bundle' | 'evidenceMark' | 'settled' | 'settledCounts' | 'endsAs' | 'accepted' | 'stepAt' | 'limit'

/** A rollout as it is now, with its denominators, those of each step, and the newest analysis. */
export interface Rollout extends Omit<RolloutRecord, HiddenKey> {
  readonly counts: RolloutCounts
  readonly cohorts: RolloutCohort[]
  readonly analysis: AnalysisRecord | null
}

/** As one of many: of the newest analysis what it came to, and of the steps how many they are. */
export interface ListedRollout extends Omit<Rollout, 'analysis' | 'cohorts' | 'document'> {
  readonly steps: number
  /** Null unless asked for. */
  readonly document: RolloutDocument | null
  readonly analysis: VerdictRecord | null
}

export interface Rollouts {
  /**
   * Starts a rollout; its devices are those that the selector names now.
   * @throws NotFoundError for a URI that names nothing, `group-unknown`; InvalidError `rollout-suspended`; ConflictError `rollout-empty`, `rollout-conflict` with the name of the
   *   open rollout of the model that has some of the devices; what `Trust.requireApproved` throws where devices would refuse
   *   the version; ForbiddenError `beyond-limit` where some of the devices lie outside of the caller's limit.
   */
  start(document: RolloutDocument, who: string, limit?: LabelLimit): Promise<Rollout>
  /** By number, or the newest of a name. @throws NotFoundError `rollout-unknown`. */
  get(which: string, client?: PoolClient): Promise<Rollout>
  /** The number of a rollout, or of the newest of a name. @throws NotFoundError `rollout-unknown`. */
  idOf(which: string): Promise<string>
  /** Newest first. */
  list(page: RolloutFilter & PageRequest): Promise<Page<ListedRollout>>
  /** By id. */
  devices(which: string, page: MemberFilter & PageRequest): Promise<Page<RolloutDevice>>
  /** Newest first. */
  history(which: string, page: PageRequest): Promise<Page<HistoryEntry>>
  /** Every analysis with all its figures, newest first. */
  analyses(which: string, page: PageRequest): Promise<Page<AnalysisRecord>>
  /** @throws ConflictError `rollout-over`, `rollout-open`, `rollout-conflict`: the verb does not fit the rollout's state. */
  act(which: string, verb: Verb, who: string): Promise<Rollout>
  /** What `start` would do, and nothing done; of a suspended document, too. @throws as `start` does */
  planStart(document: RolloutDocument, who: string, limit?: LabelLimit): Promise<StartPlan>
  /** What `act` would do, and nothing done. @throws as `act` does */
  planVerb(which: string, verb: Verb, who: string): Promise<VerbPlan>
  /** What waits for devices that are away, by device. */
  queue(request: QueueRequest): Promise<Page<QueuedAction>>
}

interface RolloutsOptions extends Omit<ControllerOptions, 'everyMs'> {
  readonly trust: Pick<Trust, 'requireApproved'>
  /** Policies have their say; throws to refuse. */
  readonly admit: Gates['rollout']
}

/** Rollouts for people, and what carries them on. */
export function startRollouts({
  everyMs = 1000,
  ...options
}: RolloutsOptions & {
  /** How often unsettled rollouts are looked at. */
  readonly everyMs?: number
}): Rollouts & AsyncDisposable {
  const controller = startController({ ...options, everyMs })
  const rollouts = createRollouts({ ...options, wake: controller.wake })
  return { ...rollouts, [Symbol.asyncDispose]: () => controller[Symbol.asyncDispose]() }
}

/** Rollouts for people; a controller, here or in another process on the same database, carries them on. */
export function createRollouts(options: RolloutsOptions & { readonly wake: () => void }): Rollouts {
  const { database, registry, trust, admit, clock, wake } = options
  const { pool } = database

  const read = async (which: string, client: Pool | PoolClient): Promise<Rollout> => {
    const record = await findRollout(client, which)
    const { document } = record
    const rows = (await countRows(client, [record])).get(record.id)!
    const analysis = await newestAnalysis(client, record.id)
    return { ...viewOf(record, rows), document, cohorts: cohortsOf(rows), analysis }
  }
  // Many consoles hear of the same change and ask the same at once: the members are counted once.
  const readOnce = together(String, (which: string) => read(which, pool))
  const get = (which: string, client?: PoolClient) => (client ? read(which, client) : readOnce(which))
  const idOf = async (which: string) => (await findRollout(pool, which)).id

  const list = together(JSON.stringify, async (page: RolloutFilter & PageRequest): Promise<Page<ListedRollout>> => {
    const { after, limit, model, version, states, document = false } = page
    const { rows } = await pool.query<RolloutRecord>(
      `${SELECT_ROLLOUT} WHERE ($1::int8 IS NULL OR id < $1) AND ($2::text IS NULL OR model = $2)
         AND ($4::int8 IS NULL OR version = $4) AND ($5::text[] IS NULL OR state = ANY($5))
       ORDER BY rollouts.id DESC LIMIT $3`,
      [after ?? null, model ?? null, limit + 1, version ?? null, states ?? null],
    )
    const { items, ...rest } = toPage(rows, limit, (rollout) => rollout.id)
    const counted = await countRows(pool, items)
    const ids = items.map(({ id }) => id)
    const verdicts = await newestVerdicts(pool, ids)
    return {
      ...rest,
      items: items.map((record) => ({
        ...viewOf(record, counted.get(record.id)!),
        steps: record.document.spec.steps.length,
        document: document ? record.document : null,
        analysis: verdicts.get(record.id) ?? null,
      })),
    }
  })

  /** Asks all who have a say; what it gives makes the rollout, and gives its number. */
  const admitted = async (document: RolloutDocument, who: string, limit: LabelLimit) => {
    const { spec, metadata } = document
    const target = await registry.resolve(spec.model)
    const { model, version, bundle } = target
    await requireGroups(pool, spec.selector.groups)
    await admit({ version: target, devices: await countSelected(pool, spec.selector), selector: spec.selector })
    await trust.requireApproved({ model, version, bundle })
    return async (client: PoolClient): Promise<string> => {
      // The model's row is the queue: of two that start at once the second sees the first.
      await client.query('SELECT 1 FROM models WHERE name = $1 FOR UPDATE', [model])
      await requireGroups(client, spec.selector.groups)
      await requireWithin(client, spec.selector, limit)
      await requireNoConflict(client, { model, name: metadata.name, selector: spec.selector })
      const now = clock.now()
      const { rows } = await client.query<{ id: string }>(
        `INSERT INTO rollouts (name, document, model, version, bundle, state, reason, step_at, created_at, label_limit)
         VALUES ($1, $2, $3, $4, $5, 'running', 'starts', $6, $6, $7) RETURNING id::text`,
        [metadata.name, document, model, version, bundle, now, limit],
      )
      const { id } = rows[0]!
      const devices = await joinMembers(client, await findRollout(client, id), false)
      if (devices === 0) {
        throw new ConflictError({
          code: 'rollout-empty',
          message: `No device in service is selected by ${JSON.stringify(spec.selector)}. GET /v1/devices?selector=… shows who carries which labels.`,
        })
      }
      await writeHistory(client, id, {
        ...{ at: now, who, what: 'start', reason: `${model} ${version} to ${devices} devices` },
      })
      return id
    }
  }

  return {
    get,
    idOf,
    async start(document, who, limit = NO_LIMIT) {
      if (document.spec.suspend) {
        throw new InvalidError({
          code: 'rollout-suspended',
          message: `Rollout ${document.metadata.name} says "suspend: true": it is not to be started yet. Take that out, and start it then.`,
        })
      }
      const begin = await admitted(document, who, limit)
      const id = await database.transaction(begin)
      wake()
      return get(id)
    },
    async planStart(document, who, limit = NO_LIMIT) {
      const begin = await admitted(document, who, limit)
      return rehearse(database, async (client) => planOfStart(client, await findRollout(client, await begin(client))))
    },
    planVerb: (which, verb, who) =>
      rehearse(database, async (client) => {
        const { id, done } = await act({ ...options, client }, { which, verb, who })
        return planOfVerb(client, await findRollout(client, id), done)
      }),
    async queue({ rollout, ...page }) {
      return listQueue(pool, { ...page, ...(rollout !== undefined && { rollout: await idOf(rollout) }) })
    },
    list,
    devices: async (which, page) => listMembers(pool, await findRollout(pool, which), page),
    async history(which, { after, limit }) {
      const { rows } = await pool.query<HistoryEntry & { id: number }>(
        `SELECT id, at, who, what, reason FROM rollout_history
         WHERE rollout = $1 AND ($2::int8 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
        [await idOf(which), after ?? null, limit + 1],
      )
      const page = toPage(rows, limit, (row) => String(row.id))
      return { ...page, items: page.items.map(({ id: _, ...entry }) => entry) }
    },
    async analyses(which, { after, limit }) {
      const { rows } = await pool.query<AnalysisRecord & { id: number }>(
        `SELECT id, step, at, body AS analysis FROM rollout_analyses
         WHERE rollout = $1 AND ($2::int8 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
        [await idOf(which), after ?? null, limit + 1],
      )
      const page = toPage(rows, limit, (row) => String(row.id))
      return { ...page, items: page.items.map(({ id: _, ...record }) => record) }
    },
    async act(which, verb, who) {
      const { id } = await database.transaction((client) => act({ ...options, client }, { which, verb, who }))
      options.onChange()
      wake()
      return get(id)
    },
  }
}

function viewOf(record: RolloutRecord, rows: readonly CountRow[]): Omit<Rollout, 'document' | 'cohorts' | 'analysis'> {
  const { id, name, model, version, state, reason, step, proven, full, createdAt, finishedAt } = record
  const counts = countMembers(rows)
  return { id, name, model, version, state, reason, step, proven, full, createdAt, finishedAt, counts }
}

/** @throws ForbiddenError `beyond-limit` */
async function requireWithin(
  client: PoolClient,
  selector: RolloutDocument['spec']['selector'],
  limit: LabelLimit,
): Promise<void> {
  if ((await countBeyond(client, selector, limit)) === 0) return
  throw new ForbiddenError({
    code: 'beyond-limit',
    message:
      'The selector names devices at sites outside of what your account is limited to. Narrow it down to those within.',
  })
}

/** @throws ConflictError `rollout-conflict`, `rollout-name`. */
async function requireNoConflict(
  client: PoolClient,
  { model, name, selector }: { model: string; name: string; selector: RolloutDocument['spec']['selector'] },
): Promise<void> {
  const other = await conflictWith(client, model, selector)
  if (!other) return
  throw new ConflictError({
    code: 'rollout-conflict',
    message: `Rollout ${other.name} (${other.id}) of ${model} is under way on ${other.devices} of the devices of ${name}. Wait for its end, or abort it first.`,
  })
}
