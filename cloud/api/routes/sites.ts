import { CatalogueDocument, CovariatesDocument, ObjectRef, SensorsDocument, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Sites } from '../../devices/index.ts'
import { requireLiesWithin } from '../guard.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { Labels, PageQuery, pageOf, Refs, UnixMs } from '../schemas.ts'

const MiB = 1024 * 1024

const Site = z.object({
  id: SiteId,
  timeZone: z.string(),
  labels: z.record(z.string(), z.string()),
  documents: Refs,
  devices: z.int().describe('Devices in service'),
  createdAt: UnixMs,
  updatedAt: UnixMs,
})
const ProductAttribute = z.object({
  name: z.string(),
  sites: z.int().describe('Whose catalogues have it'),
  products: z.int().describe('That carry it, those of each site counted by themselves'),
  values: z
    .int()
    .describe('Different ones at the site that has most: where each product has its own, as many as products'),
})
const SiteSpec = z.strictObject({
  timeZone: z.string().min(1).max(64).describe('IANA name, for example Europe/Berlin'),
  labels: Labels.default({}),
  entities: CatalogueDocument.shape.entities.default([]).describe('Products, with their static attributes'),
  sensors: SensorsDocument.shape.sensors.default([]),
})
const Covariates = CovariatesDocument.omit({ kind: true, site: true }).extend({
  issuedAt: UnixMs.describe('When this became known; joins by point in time never see a later one'),
})
const SiteParams = z.object({ site: SiteId })
const tags = ['sites']

export const siteRoutes =
  (sites: Sites): Routes =>
  (app) => {
    // Catalogue, sensors and covariates are named by their digests.
    const audit: RouteAudit = { state: (client, { params }) => unlessMissing(sites.get(params.site, client)) }
    app.get(
      '/v1/sites',
      {
        config: { permission: 'site.read', sites: 'filtered' },
        schema: { tags, summary: 'List sites', querystring: PageQuery, response: { 200: pageOf(Site) } },
      },
      ({ query: { cursor, limit }, limit: within }) => sites.list({ after: cursor, limit, within }),
    )
    app.get(
      '/v1/sites/:site',
      {
        config: { permission: 'site.read', sites: 'params.site' },
        schema: { tags, summary: 'One site', params: SiteParams, response: { 200: Site } },
      },
      ({ params }) => sites.get(params.site),
    )
    app.get(
      '/v1/product-attributes',
      {
        config: { permission: 'site.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'What products are told apart by in the sites’ catalogues: what forecasts can be scored by',
          querystring: PageQuery,
          response: { 200: pageOf(ProductAttribute) },
        },
      },
      ({ query: { cursor, limit }, limit: within }) => sites.productAttributes({ after: cursor, limit, within }),
    )
    app.put(
      '/v1/sites/:site',
      {
        bodyLimit: 16 * MiB,
        config: { permission: 'site.write', sites: 'params.site', audit },
        schema: {
          tags,
          summary: 'Create or replace a site, its catalogue and its sensor definitions',
          params: SiteParams,
          body: SiteSpec,
          response: { 200: Site },
        },
      },
      ({ params: { site: id }, body, limit }) => {
        requireLiesWithin({ id, labels: body.labels }, limit)
        return sites.put(id, body)
      },
    )
    app.put(
      '/v1/sites/:site/covariates',
      {
        bodyLimit: 32 * MiB,
        config: { permission: 'site.write', sites: 'params.site', audit },
        schema: {
          tags,
          summary: 'Add what became known at a time: weather forecasts, promotions, holidays',
          params: SiteParams,
          body: Covariates,
          response: { 200: z.object({ document: ObjectRef }) },
        },
      },
      async ({ params: { site }, body }) => ({
        document: await sites.putCovariates({ kind: 'covariates', site, ...body }),
      }),
    )
  }
