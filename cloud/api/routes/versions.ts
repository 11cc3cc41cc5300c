import { ModelName } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Sites } from '../../devices/index.ts'
import { isLimited } from '../../platform/label-limit.ts'
import type { Objects } from '../../platform/objects.ts'
import { distributionsOf, heldOutOf, openVersion, type Registry } from '../../registry/index.ts'
import { APPROVAL_STATES, type Trust } from '../../trust/index.ts'
import type { Routes } from '../route.ts'
import { UnixMs } from '../schemas.ts'
import { Version } from './models.ts'

const Count = z.int().nonnegative()
const Share = z.number().min(0).max(1)
const Nullable = z.number().nullable()
const Evaluation = z.object({
  card: z.string().nullable().describe('What the model is for and how well it does, as Markdown of whoever made it'),
  heldOut: z
    .object({
      levels: z.array(Share).readonly().describe('Of the quantiles, ascending'),
      rows: Count,
      below: z.array(Share).describe('Share of actuals below each level’s quantile'),
      atOrBelow: z.array(Share).describe('The same with those that are equal'),
      sites: z.array(
        z.object({
          site: z.string().describe('As the training data names it'),
          rows: Count,
          wape: Nullable.describe('Σ|forecast − actual| / Σ actual'),
          wpe: Nullable.describe('Σ(forecast − actual) / Σ actual'),
          coverage: Nullable.describe('Share of actuals from the lowest to the highest quantile'),
        }),
      ),
    })
    .nullable()
    .describe('Of days that the network had not seen, before any device’s calibration; null: the bundle tells none'),
  distributions: z
    .array(
      z.object({
        name: z.string(),
        kind: z.enum(['target', 'feature']),
        rows: Count,
        mean: z.number(),
        sd: z.number().nonnegative(),
        bins: z
          .array(z.object({ from: Nullable, to: Nullable, rows: Count }))
          .describe('Ascending, each (from, to]; null: without an end'),
      }),
    )
    .describe('What drift is measured against, over all sites; features are in the units of the model’s inputs'),
})
const KeyIds = z.array(z.string()).describe('Ids of keys, as the root names them')
const Approval = z.object({
  state: z.enum(APPROVAL_STATES).describe('Devices take a version that is approved, and no other'),
  reason: z.string().nullable().describe('What is the matter, and what to do'),
  signedBy: KeyIds,
  keys: KeyIds,
  threshold: Count.describe('How many of the keys have to sign'),
  expires: UnixMs.nullable().describe('Of the metadata that names the version; null: none does'),
})
const VersionParams = z.object({ model: ModelName, version: Version })
const tags = ['models']

interface VersionRoutesOptions {
  readonly registry: Registry
  readonly objects: Objects
  readonly sites: Pick<Sites, 'select'>
  readonly trust: Pick<Trust, 'approval'>
}

/** What a version's bundle says of it, and who vouches for it. */
export const versionRoutes =
  ({ registry, objects, sites, trust }: VersionRoutesOptions): Routes =>
  (app) => {
    app.get(
      '/v1/models/:model/versions/:version/evaluation',
      {
        config: { permission: 'model.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'A version’s card, held-out scores by site, calibration, and the distributions it was trained on',
          params: VersionParams,
          response: { 200: Evaluation },
        },
      },
      async ({ params: { model, version }, limit }) => {
        await registry.version(model, version)
        const bundle = await openVersion({ registry, objects }, model, version)
        const within = isLimited(limit) ? new Set(await sites.select(limit)) : undefined
        const card = bundle?.files['card.md']
        return {
          card: card ? new TextDecoder().decode(card) : null,
          heldOut: bundle?.warmup ? heldOutOf(bundle.warmup, (site) => within?.has(site) ?? true) : null,
          distributions: bundle?.reference ? distributionsOf(bundle.reference) : [],
        }
      },
    )
    app.get(
      '/v1/models/:model/versions/:version/approval',
      {
        config: { permission: 'model.read', sites: 'none' },
        schema: {
          tags,
          summary: 'Who has signed for a version, and whether devices take it',
          params: VersionParams,
          response: { 200: Approval },
        },
      },
      async ({ params: { model, version } }) => {
        const { bundle } = await registry.version(model, version)
        return trust.approval({ model, version, bundle })
      },
    )
  }
