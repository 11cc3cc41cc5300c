import { unknownSite } from '../devices/index.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { lock } from '../platform/locks.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import { type Catalogue, createCatalogue } from './catalogue.ts'
import { lookAt } from './look.ts'
import { readQuality, type SensorQuality } from './quality.ts'
import { createTasks, type Task, type Tasks } from './tasks.ts'
import { startWatch, type WatchOptions } from './watch.ts'

export type { Catalogue } from './catalogue.ts'
export { stewardshipMigrations } from './migrations.ts'
export type { SensorQuality } from './quality.ts'
export { type Tasks, unknownTask } from './tasks.ts'

/** Whose data it is, how good it is, and who is asked to look after it. */
export interface Stewardship extends AsyncDisposable {
  readonly catalogue: Catalogue
  readonly tasks: Tasks
  /** Scores of sensors over a span, by device and sensor; pages by device. */
  quality(query: QualityFilter & PageRequest): Promise<Page<SensorQuality>>
  /**
   * Looks at a site's devices now and not at the next turn: what somebody has mended closes its task at once.
   * @param until unix ms up to which data is judged; null: now
   * @throws NotFoundError `site-unknown`
   */
  look(site: string, until: number | null): Promise<SiteLook>
}

/** What a look at a site changed. */
export interface SiteLook {
  readonly until: number
  readonly opened: readonly Task[]
  readonly closed: readonly Task[]
}

export interface QualityFilter {
  /** Windows that end in `(from, to]`, unix ms. */
  readonly from: number
  readonly to: number
  readonly device?: string | undefined
  readonly site?: string | undefined
  readonly sensor?: string | undefined
  readonly within?: LabelLimit
}

export function startStewardship(options: WatchOptions): Stewardship {
  const { database, objects, clock, overMs: over } = options
  const watch = startWatch(options)
  const tasks = createTasks(options)
  return {
    catalogue: createCatalogue(options),
    tasks,
    look: (site, asked) =>
      database.transaction(async (client) => {
        const { rowCount } = await client.query('SELECT FROM sites WHERE id = $1', [site])
        if (rowCount === 0) unknownSite(site)
        await lock(client, 'stewardship')
        const until = asked ?? clock.now()
        const { rows } = await client.query<{ id: string }>(
          'SELECT id FROM devices WHERE site = $1 AND retired_at IS NULL ORDER BY id',
          [site],
        )
        const devices = rows.map(({ id }) => id)
        const { opened, closed } = await lookAt({ client, objects, now: until, over, devices })
        const read = (ids: readonly number[]) => tasks.getAll(ids, client)
        return { until, opened: await read(opened), closed: await read(closed) }
      }),
    async quality({ from, to, device, site, sensor, after = '', limit, within = NO_LIMIT }) {
      const { rows } = await database.pool.query<{ id: string }>(
        `SELECT id FROM devices WHERE id > $1 AND retired_at IS NULL AND ($2::text IS NULL OR id = $2)
           AND ($3::text IS NULL OR site = $3) AND ${siteWithin('devices.site', 5)}
         ORDER BY id LIMIT $4`,
        [after, device ?? null, site ?? null, limit + 1, within],
      )
      const { items, ...page } = toPage(
        rows.map(({ id }) => id),
        limit,
        (id) => id,
      )
      const found = await readQuality({ client: database.pool, objects }, { from, to, devices: items, sensor })
      return { items: found, ...page }
    },
    [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose](),
  }
}
