import type { AlertRule } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { tryLock } from '../platform/locks.ts'
import type { Log } from '../platform/log.ts'
import { type Repeated, repeat } from '../platform/repeat.ts'
import { type Judgement, judgeInTurns } from './judge.ts'
import { mute } from './mute.ts'
import { nextStates } from './step.ts'
import {
  activeSilences,
  applyMutes,
  applyTransitions,
  dropResolved,
  firingAlerts,
  openAlerts,
  readRoutes,
  readRules,
  writeAsked,
} from './store.ts'
import { DAY, overOf, type Subject, type SubjectSources } from './subjects.ts'
import { tell } from './told.ts'

export interface WatchOptions {
  readonly database: Database
  readonly sources: SubjectSources
  /** Store time. */
  readonly clock: Clock
  /** Real time: what is sent and how often. */
  readonly realTime: Clock
  readonly log: Log
  /** Real milliseconds between two looks. */
  readonly everyMs: number
  /** For how long alerts and silences are kept that have ended, in days of store time; null: for good. */
  readonly keepDays: number | null
  /** Something may have to be sent. */
  readonly onTold: () => void
  readonly onLooked: (seconds: number) => void
}

/**
 * Asks every rule again and again. A look is one transaction under a lock that one process has at a time: one that is killed
 * leaves a whole look or none, and the next process goes on.
 */
export function startWatch(options: WatchOptions): Repeated {
  const { log, everyMs, onLooked } = options
  return repeat({
    async work() {
      const began = performance.now()
      await look(options)
      onLooked((performance.now() - began) / 1000)
      return false
    },
    // A large fleet's look takes a while: it may use a tenth of the database's time.
    rest: { everyMs, times: 9 },
    log,
    failed: 'alert rules were not asked; trying again',
  })
}

async function look({ database, sources, clock, realTime, keepDays, onTold }: WatchOptions): Promise<void> {
  await database.transaction(async (client) => {
    if (!(await tryLock(client, 'alerts'))) return
    const now = clock.now()
    const rules = await readRules(client)
    const judgements = await judgeAll([...rules.values()], sources, now)
    await writeAsked(client, new Map([...judgements].map(([name, { error }]) => [name, error])), now)
    const transitions = nextStates({ rules, judgements, open: await openAlerts(client), now })
    await applyTransitions(client, transitions, now)
    const resolved = transitions.flatMap((one) => (one.kind === 'resolve' ? [one.id] : []))
    await tellRoutes(client, { rules, resolved, now, at: realTime.now() })
    if (keepDays !== null) await dropResolved(client, now - keepDays * DAY)
  })
  onTold()
}

/** Subjects that several rules look at alike are read once. */
async function judgeAll(
  rules: readonly AlertRule[],
  sources: SubjectSources,
  now: number,
): Promise<Map<string, Judgement>> {
  const read = new Map<string, readonly Subject[]>()
  const judgements = new Map<string, Judgement>()
  for (const rule of rules) {
    const { subject } = rule.spec
    const over = overOf(rule)
    const key = `${subject} ${over}`
    const subjects = read.get(key) ?? (await sources[subject]({ now, over }))
    read.set(key, subjects)
    judgements.set(rule.metadata.name, await judgeInTurns(rule, subjects, now))
  }
  return judgements
}

interface Looked {
  readonly rules: ReadonlyMap<string, AlertRule>
  readonly resolved: readonly number[]
  readonly now: number
  readonly at: number
}

async function tellRoutes(client: PoolClient, { rules, resolved, now, at }: Looked): Promise<void> {
  const firing = await firingAlerts(client)
  const muted = mute(firing, { rules, silences: await activeSilences(client, now) })
  await applyMutes(client, muted)
  const isLoud = (id: number) => {
    const by = muted.get(id)
    return by === undefined || (by.inhibitedBy === null && by.silencedBy === null)
  }
  await tell({ client, routes: await readRoutes(client), firing: firing.filter(({ id }) => isLoud(id)), resolved, at })
}
