import { DeviceId, EntityId, ModelName, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import { DECISION_STATES, type Decisions } from '../../decisions/index.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf, UnixMs } from '../schemas.ts'

const Time = z.coerce.number().pipe(UnixMs)
const Quantity = z.number().describe('In the unit of what the model forecasts')
const Decision = z.object({
  id: z.uuid(),
  site: SiteId,
  device: DeviceId,
  decision: z.string().describe('As the model’s definition names it'),
  model: ModelName,
  version: z.int(),
  product: EntityId,
  issuedAt: UnixMs,
  start: UnixMs.describe('Of the lead time'),
  end: UnixMs,
  quantiles: z.array(z.number()).describe('Of the demand accumulated over the lead time'),
  stock: Quantity,
  onOrder: Quantity,
  action: z.enum(['reorder', 'hold']),
  quantity: Quantity.describe('Suggested; 0 of a hold'),
  state: z
    .enum(DECISION_STATES)
    .describe('held: nothing was suggested; open: staff may still choose; unanswered: they may no more'),
  choice: z
    .object({
      kind: z.enum(['accepted', 'changed', 'rejected']),
      chosenAt: UnixMs,
      quantity: Quantity.describe('Ordered'),
      reason: z.string(),
    })
    .nullable(),
  outcome: z
    .object({
      judgedAt: UnixMs,
      actual: Quantity.describe('Sold in the lead time'),
      stockOut: z.boolean(),
      correct: z
        .boolean()
        .describe(
          'In hindsight: a hold after which the shop did not run out, or an order without which it would have, or have lived on its safety stock',
        ),
    })
    .nullable()
    .describe('null: not known yet'),
})

/** What devices suggested to staff, and what came of it. */
export const decisionRoutes =
  (decisions: Decisions): Routes =>
  (app) => {
    app.get(
      '/v1/decisions',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags: ['telemetry'],
          summary: 'Decisions of devices, newest first, with what staff chose and what came of them',
          querystring: PageQuery.extend({
            site: SiteId.optional(),
            device: DeviceId.optional(),
            model: ModelName.optional(),
            product: EntityId.optional(),
            state: z.enum(DECISION_STATES).optional(),
            correct: z.stringbool().optional().describe('Of those that are judged: whether they were right'),
            from: Time.default(0).describe('Issued at or after'),
            to: Time.default(Number.MAX_SAFE_INTEGER).describe('Issued before'),
          }),
          response: { 200: pageOf(Decision) },
        },
      },
      ({ query: { cursor, ...query }, limit: within }) => decisions.list({ ...query, after: cursor, within }),
    )
  }
