import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, NotFoundError } from '../platform/errors.ts'
import { LOCKS } from '../platform/locks.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'

/** A page's filters and order under a name, for who kept it. */
export interface SavedView {
  readonly page: string
  readonly name: string
  /** What the page's address says after "?". */
  readonly search: string
  readonly updatedAt: number
}

export interface SavedViews {
  /** By name. */
  list(owner: string, request: PageRequest & { readonly page: string }): Promise<Page<SavedView>>
  /** Creates or replaces. @throws ConflictError `views-too-many` */
  put(owner: string, view: Omit<SavedView, 'updatedAt'>): Promise<SavedView>
  /** @throws NotFoundError `view-unknown` */
  remove(owner: string, page: string, name: string): Promise<void>
}

/** Of one person, of all pages. */
const MOST = 200
const SELECT = 'SELECT page, name, search, updated_at AS "updatedAt" FROM saved_views'

export function savedViews({ database, clock }: { database: Database; clock: Clock }): SavedViews {
  return {
    async list(owner, { page, after = '', limit }) {
      const { rows } = await database.pool.query<SavedView>(
        `${SELECT} WHERE owner = $1 AND page = $2 AND name > $3 ORDER BY name LIMIT $4`,
        [owner, page, after, limit + 1],
      )
      return toPage(rows, limit, ({ name }) => name)
    },
    put: (owner, { page, name, search }) =>
      database.transaction(async (client) => {
        // Of two that come at once the second counts the first.
        await client.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LOCKS.views, owner])
        const { rows } = await client.query<{ views: number }>(
          'SELECT count(*)::int4 AS views FROM saved_views WHERE owner = $1 AND (page, name) <> ($2, $3)',
          [owner, page, name],
        )
        if (rows[0]!.views >= MOST) {
          throw new ConflictError({
            code: 'views-too-many',
            message: `${owner} keeps ${MOST} views already. Remove one first.`,
          })
        }
        const updatedAt = clock.now()
        await client.query(
          `INSERT INTO saved_views (owner, page, name, search, updated_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (owner, page, name) DO UPDATE SET search = $4, updated_at = $5`,
          [owner, page, name, search, updatedAt],
        )
        return { page, name, search, updatedAt }
      }),
    remove: (owner, page, name) =>
      database.transaction(async (client) => {
        const { rowCount } = await client.query(
          'DELETE FROM saved_views WHERE owner = $1 AND page = $2 AND name = $3',
          [owner, page, name],
        )
        if (rowCount === 1) return
        throw new NotFoundError({
          code: 'view-unknown',
          message: `You keep no view ${name} of ${page}. GET /v1/views/${page} lists yours.`,
        })
      }),
  }
}
