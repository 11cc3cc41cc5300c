import type {
  CatalogueDocument,
  CovariatesDocument,
  DocumentKind,
  ObjectRef,
  SensorsDocument,
} from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ConflictError, InvalidError, NotFoundError } from '../platform/errors.ts'
import { type LabelLimit, NO_LIMIT, siteTerms, siteWithin } from '../platform/label-limit.ts'
import type { Objects } from '../platform/objects.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import type { DesiredStates } from './desired.ts'
import { mergeCovariates, readDocument, storeDocument } from './documents.ts'
import { listAttributes, type ProductAttribute, replaceProducts } from './products.ts'
import { listSensors } from './sensor-lists.ts'

export type Labels = Readonly<Record<string, string>>

export interface Site {
  readonly id: string
  /** IANA name, `Europe/Berlin`. */
  readonly timeZone: string
  readonly labels: Labels
  readonly documents: Partial<Record<DocumentKind, ObjectRef>>
  readonly devices: number
  readonly createdAt: number
  readonly updatedAt: number
}

interface SiteSpec {
  readonly timeZone: string
  readonly labels: Labels
  readonly entities: CatalogueDocument['entities']
  readonly sensors: SensorsDocument['sensors']
}

export interface Sites {
  /**
   * Creates or replaces a site, and what its devices should know of it.
   * @throws InvalidError `time-zone`.
   */
  put(id: string, spec: SiteSpec): Promise<Site>
  /** @throws NotFoundError `site-unknown`. */
  get(id: string, client?: Pick<PoolClient, 'query'>): Promise<Site>
  list(page: PageRequest & { readonly within?: LabelLimit }): Promise<Page<Site>>
  /** Ids of the sites whose labels hold the selector's; `site` stands for the id. */
  select(selector: Labels): Promise<readonly string[]>
  /** What products are told apart by, in the catalogues of the sites within the limit. */
  productAttributes(page: PageRequest & { readonly within?: LabelLimit }): Promise<Page<ProductAttribute>>
  /** Whether a site within the limit has the object, or had it among its covariates. */
  haveDocument(sha256: string, within: LabelLimit): Promise<boolean>
  /** Every covariates upload of a site, in the order in which it became known. */
  covariateIssues(site: string): Promise<readonly (ObjectRef & { readonly issuedAt: number })[]>
  /**
   * Adds what became known at `issue.issuedAt`. Repeating an issue with the same content changes nothing.
   * @returns what the site's devices are told: everything known by then.
   * @throws InvalidError `covariates-columns`, ConflictError `covariates-older` where a later issue is stored: history is written in order.
   */
  putCovariates(issue: CovariatesDocument): Promise<ObjectRef>
}

interface SitesOptions {
  readonly database: Database
  readonly objects: Objects
  readonly desired: DesiredStates
  readonly clock: Clock
  /** Desired states may have changed. */
  readonly onChange: () => void
}

const SELECT = `
  SELECT s.id, s.time_zone AS "timeZone", s.labels, s.created_at AS "createdAt", s.updated_at AS "updatedAt",
    (SELECT count(*)::int4 FROM devices d WHERE d.site = s.id AND d.retired_at IS NULL) AS devices,
    (SELECT coalesce(jsonb_object_agg(kind, jsonb_build_object('sha256', sha256, 'bytes', bytes)), '{}')
     FROM site_documents WHERE site = s.id) AS documents
  FROM sites s`

export function createSites({ database, objects, desired, clock, onChange }: SitesOptions): Sites {
  const { pool } = database
  const pointTo = (client: PoolClient, site: string, kind: DocumentKind, ref: ObjectRef) =>
    client.query(
      `INSERT INTO site_documents (site, kind, sha256, bytes) VALUES ($1, $2, $3, $4)
       ON CONFLICT (site, kind) DO UPDATE SET sha256 = $3, bytes = $4`,
      [site, kind, ref.sha256, ref.bytes],
    )
  const get = async (id: string, client: Pick<PoolClient, 'query'> = pool): Promise<Site> => {
    const { rows } = await client.query<Site>(`${SELECT} WHERE s.id = $1`, [id])
    return rows[0] ?? unknownSite(id)
  }

  return {
    get,
    async put(id, { timeZone, labels, entities, sensors }) {
      requireTimeZone(timeZone)
      const catalogue: CatalogueDocument = { kind: 'catalogue', site: id, timeZone, labels: { ...labels }, entities }
      const catalogueRef = await storeDocument(objects, catalogue)
      const sensorsRef = await storeDocument(objects, { kind: 'sensors', sensors })
      await database.transaction(async (client) => {
        await client.query(
          `INSERT INTO sites (id, time_zone, labels, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
           ON CONFLICT (id) DO UPDATE SET time_zone = $2, labels = $3, updated_at = $4`,
          [id, timeZone, labels, clock.now()],
        )
        await pointTo(client, id, 'catalogue', catalogueRef)
        await pointTo(client, id, 'sensors', sensorsRef)
        await listSensors(client, { document: sensorsRef.sha256, sensors })
        await replaceProducts(client, { site: id, catalogue: catalogueRef.sha256, entities })
        await desired.recompose(client, { sites: [id] })
      })
      onChange()
      return get(id)
    },
    async list({ after = '', limit, within = NO_LIMIT }) {
      const { rows } = await pool.query<Site>(
        `${SELECT} WHERE s.id > $1 AND ${siteWithin('s.id', 3)} ORDER BY s.id LIMIT $2`,
        [after, limit + 1, within],
      )
      return toPage(rows, limit, (site) => site.id)
    },
    async select(selector) {
      const { rows } = await pool.query<{ id: string }>(
        `SELECT id FROM sites WHERE ${siteTerms('sites')} @> $1 ORDER BY id`,
        [selector],
      )
      return rows.map((row) => row.id)
    },
    productAttributes: (page) => listAttributes(pool, page),
    async haveDocument(sha256, within) {
      const { rows } = await pool.query(
        `SELECT 1 FROM (SELECT site FROM site_documents WHERE sha256 = $1
           UNION ALL SELECT site FROM covariate_issues WHERE sha256 = $1) o WHERE ${siteWithin('o.site', 2)} LIMIT 1`,
        [sha256, within],
      )
      return rows.length > 0
    },
    async covariateIssues(site) {
      const { rows } = await pool.query<ObjectRef & { issuedAt: number }>(
        'SELECT issued_at AS "issuedAt", sha256, bytes FROM covariate_issues WHERE site = $1 ORDER BY issued_at',
        [site],
      )
      return rows
    },
    async putCovariates(issue) {
      const { site, issuedAt } = issue
      requireParallel(issue)
      const issueRef = await storeDocument(objects, issue)
      const ref = await database.transaction(async (client) => {
        // Locking the site puts uploads in a row.
        const { rowCount } = await client.query('SELECT 1 FROM sites WHERE id = $1 FOR UPDATE', [site])
        if (rowCount === 0) unknownSite(site)
        const last = await client.query<{ issued_at: number; sha256: string }>(
          'SELECT issued_at, sha256 FROM covariate_issues WHERE site = $1 ORDER BY issued_at DESC LIMIT 1',
          [site],
        )
        const current = await client.query<ObjectRef>(
          "SELECT sha256, bytes FROM site_documents WHERE site = $1 AND kind = 'covariates'",
          [site],
        )
        const [before, known] = [last.rows[0], current.rows[0]]
        if (before && known && before.issued_at === issuedAt && before.sha256 === issueRef.sha256) return known
        if (before && before.issued_at >= issuedAt) {
          throw new ConflictError({
            code: 'covariates-older',
            message: `Covariates of site ${site} issued at ${issuedAt} come after those issued at ${before.issued_at} are stored. Send issues in the order in which they became known, each with its own issuedAt.`,
          })
        }
        const merged = mergeCovariates(known && (await readDocument<CovariatesDocument>(objects, known.sha256)), issue)
        const mergedRef = await storeDocument(objects, merged)
        await client.query(
          'INSERT INTO covariate_issues (site, issued_at, sha256, bytes, received_at) VALUES ($1, $2, $3, $4, $5)',
          [site, issuedAt, issueRef.sha256, issueRef.bytes, clock.now()],
        )
        await pointTo(client, site, 'covariates', mergedRef)
        await desired.recompose(client, { sites: [site] })
        return mergedRef
      })
      onChange()
      return ref
    },
  }
}

export function unknownSite(id: string): never {
  throw new NotFoundError({
    code: 'site-unknown',
    message: `There is no site ${id}. Create it with PUT /v1/sites/${id}.`,
  })
}

function requireTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    throw new InvalidError({
      code: 'time-zone',
      message: `"${timeZone}" is not a time zone. Give an IANA name, for example Europe/Berlin.`,
      cause,
    })
  }
}

function requireParallel({ days, site_values, entity_values }: CovariatesDocument): void {
  const columns: [name: string, values: readonly unknown[]][] = [
    ...Object.entries(site_values),
    ...Object.entries(entity_values).flatMap(([name, byEntity]) =>
      Object.entries(byEntity).map(([entity, values]): [string, unknown[]] => [`${name} of ${entity}`, values]),
    ),
  ]
  const wrong = columns.find(([, values]) => values.length !== days.length)
  const repeated = days.length !== new Set(days).size
  if (!wrong && !repeated) return
  const what = wrong ? `${wrong[0]} has ${wrong[1].length} values for ${days.length} days` : 'a day comes twice'
  throw new InvalidError({
    code: 'covariates-columns',
    message: `The covariates do not fit together: ${what}. Give one value (or null) a day in every column.`,
  })
}
