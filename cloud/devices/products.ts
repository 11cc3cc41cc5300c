import type { CatalogueDocument } from '@storecast/shared/contracts'
import type { Pool, PoolClient } from 'pg'
import { z } from 'zod'
import type { Database } from '../platform/database.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import type { Objects } from '../platform/objects.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'
import { readDocument } from './documents.ts'

/** An attribute that products carry: `category`, `storage`. */
export interface ProductAttribute {
  readonly name: string
  readonly sites: number
  /** Carrying it, those of each site counted by themselves. */
  readonly products: number
  /** Different ones at the site that has most: as many as products where each has its own. */
  readonly values: number
}

const Position = z.tuple([z.string().max(64)])

interface Catalogue extends Pick<CatalogueDocument, 'site' | 'entities'> {
  /** Digest of the document. */
  readonly catalogue: string
}

/** Makes a site's products those of its catalogue; the site's row is locked. A catalogue that stands already changes nothing. */
export async function replaceProducts(client: PoolClient, { site, catalogue, entities }: Catalogue): Promise<void> {
  const stands = await client.query('SELECT 1 FROM product_lists WHERE site = $1 AND catalogue = $2', [site, catalogue])
  if (stands.rowCount !== 0) return
  // Of an id that comes twice, the last counts.
  const products = new Map(entities.map(({ id, attributes }) => [id, storable(attributes)]))
  const given = JSON.stringify([...products].map(([entity, attributes]) => ({ entity, attributes })))
  await client.query('DELETE FROM products WHERE site = $1 AND entity <> ALL($2)', [site, [...products.keys()]])
  await client.query(
    `INSERT INTO products AS p SELECT $1, g.entity, g.attributes FROM jsonb_to_recordset($2::jsonb) AS g (entity text, attributes jsonb)
     ON CONFLICT (site, entity) DO UPDATE SET attributes = excluded.attributes WHERE p.attributes <> excluded.attributes`,
    [site, given],
  )
  await client.query(
    `INSERT INTO product_lists SELECT $1, $2, coalesce(jsonb_object_agg(name, counts), '{}') FROM (
       SELECT name, jsonb_build_object('products', count(*), 'values', count(DISTINCT value)) AS counts
       FROM products, jsonb_each_text(attributes) AS a (name, value) WHERE site = $1 GROUP BY name) AS counted
     ON CONFLICT (site) DO UPDATE SET catalogue = excluded.catalogue, attributes = excluded.attributes`,
    [site, catalogue],
  )
}

/** PostgreSQL's text holds every character but this one. */
const storable = (attributes: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(attributes).map((pair) => pair.map((text) => text.replaceAll('\0', ''))))

/**
 * Lists the products of a site whose catalogue came before the cloud kept them.
 * @returns whether there was one
 */
export async function listNextCatalogue({
  database,
  objects,
}: {
  database: Database
  objects: Objects
}): Promise<boolean> {
  const { rows } = await database.pool.query<{ site: string; catalogue: string }>(
    `SELECT o.site, o.sha256 AS catalogue FROM site_documents o LEFT JOIN product_lists l ON l.site = o.site
     WHERE o.kind = 'catalogue' AND l.catalogue IS DISTINCT FROM o.sha256 LIMIT 1`,
  )
  const next = rows[0]
  if (!next) return false
  const { entities } = await readDocument<CatalogueDocument>(objects, next.catalogue)
  await database.transaction(async (client) => {
    await client.query('SELECT 1 FROM sites WHERE id = $1 FOR UPDATE', [next.site])
    // Another may have replaced it meanwhile, and listed its own.
    const current = await client.query(
      "SELECT 1 FROM site_documents WHERE site = $1 AND kind = 'catalogue' AND sha256 = $2",
      [next.site, next.catalogue],
    )
    if (current.rowCount !== 0) await replaceProducts(client, { ...next, entities })
  })
  return true
}

/** Names that a query can ask scores by: see the keys of `GET /v1/forecast-scores`. */
const ASKABLE = "length(name) BETWEEN 1 AND 64 AND position(',' IN name) = 0"

/** By name. */
export async function listAttributes(
  pool: Pool,
  { after, limit, within = NO_LIMIT }: PageRequest & { readonly within?: LabelLimit },
): Promise<Page<ProductAttribute>> {
  const { rows } = await pool.query<ProductAttribute>(
    `SELECT name, count(*)::int4 AS sites, sum((counts->>'products')::int8)::int8 AS products, max((counts->>'values')::int4) AS values
     FROM product_lists l, jsonb_each(l.attributes) AS a (name, counts)
     WHERE ${ASKABLE} AND name COLLATE "C" > $1 AND ${siteWithin('l.site', 3)} GROUP BY name ORDER BY name COLLATE "C" LIMIT $2`,
    [after === undefined ? '' : fromCursor(after, Position)[0], limit + 1, within],
  )
  return toPage(rows, limit, ({ name }) => toCursor([name]))
}
