import type { Database } from '../platform/database.ts'
import type { Log } from '../platform/log.ts'
import { repeat } from '../platform/repeat.ts'
import { together } from '../platform/together.ts'
import { beginHistory, forget, type Heard, MOST_AT_ONCE, readChanges } from './history.ts'
import { ACCESS } from './kinds.ts'
import { fromText, isKept, type Position, toText } from './position.ts'
import type { NotedChange } from './told.ts'

/** What a watcher hears at once. */
export interface Heed {
  /** `reset`: something may have been missed, look at everything anew. */
  readonly changes: readonly NotedChange[] | 'reset'
  /** Somebody's rights have changed: look whether the watcher still may. */
  readonly access: boolean
  /** Where to go on from after this. */
  readonly position: string
}

export interface Watching {
  /** Where to go on from, also where nothing came since. */
  position(): string
  end(): void
}

export interface Feed extends AsyncDisposable {
  /**
   * Hears of changes from now on, or from a position on; `oldest`: of all that is known. What came since is heard first, in one
   * piece. A position that this database does not know, or no more, gives a reset.
   */
  watch(watcher: Watcher): Promise<Watching>
}

export interface Watcher {
  readonly since?: string | undefined
  readonly take: (heed: Heed) => void
  /** The cloud ends. */
  readonly onEnd: () => void
}

interface FeedOptions {
  readonly database: Database
  readonly log: Log
  /** Real milliseconds between two looks, where somebody watches. */
  readonly everyMs?: number
  /** How long changes are kept for those who come back. */
  readonly keepMs?: number
}

const FORGET_EVERY_MS = 600_000

/**
 * Tells those who watch what has changed in the database, by this cloud or another one. One reader a process serves all of
 * them. It asks twice a second in place of LISTEN: a notification takes a lock of the whole server with each commit, and does
 * not pass a pooler.
 */
export async function startFeed(options: FeedOptions): Promise<Feed> {
  const { database, log, everyMs = 500, keepMs = 3_600_000 } = options
  const { pool } = database
  await beginHistory(pool)
  const watchers = new Set<Watcher>()
  let last: Position = (await readChanges(pool, null)).history

  const heedOf = (since: Position | null, { history, changes }: Heard): Heed => {
    const missed = changes.length > MOST_AT_ONCE || (since !== null && !isKept(since, history))
    return {
      changes: missed ? 'reset' : changes,
      access: missed || changes.some(({ kind }) => kind === ACCESS),
      position: toText(history),
    }
  }
  const share = together(
    () => '',
    async () => {
      const from = last
      const heard = await readChanges(pool, from.snapshot)
      last = heard.history
      if (heard.changes.length === 0 && isKept(from, heard.history)) return
      const heed = heedOf(from, heard)
      for (const watcher of watchers) watcher.take(heed)
    },
  )
  const advance = () => share(undefined)
  /** What came between a position and where the others are. */
  const missedSince = async (since: string, until: Position): Promise<Heed> => {
    const position = since === 'oldest' ? null : fromText(since)
    const known = position === null || (position && isKept(position, { ...until, floor: '0' }))
    if (!known) return { changes: 'reset', access: false, position: toText(until) }
    const heard = await readChanges(pool, position?.snapshot ?? null, until.snapshot)
    return { ...heedOf(position, heard), position: toText(until) }
  }

  await using stack = new AsyncDisposableStack()
  stack.defer(() => {
    for (const { onEnd } of watchers) onEnd()
  })
  stack.use(
    repeat({
      async work() {
        if (watchers.size > 0) await advance()
        return false
      },
      rest: { everyMs, times: 9 },
      log,
      failed: 'changes were not read; trying again',
    }),
  )
  stack.use(
    repeat({
      async work() {
        await forget(database, keepMs)
        return false
      },
      rest: { everyMs: FORGET_EVERY_MS, times: 9 },
      log,
      failed: 'old changes were not forgotten; trying again',
    }),
  )
  const owned = stack.move()
  return {
    async watch({ since, take, onEnd }) {
      await advance()
      // From here on what comes is heard; until the past has been read, it waits.
      const from = last
      let waiting: Heed[] | undefined = since === undefined ? undefined : []
      const watcher: Watcher = { take: (heed) => (waiting ? waiting.push(heed) : take(heed)), onEnd }
      watchers.add(watcher)
      if (since !== undefined) {
        try {
          take(await missedSince(since, from))
        } catch (error) {
          watchers.delete(watcher)
          throw error
        }
        const held = waiting ?? []
        waiting = undefined
        for (const heed of held) take(heed)
      }
      return { position: () => toText(last), end: () => void watchers.delete(watcher) }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
