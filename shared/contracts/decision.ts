import { z } from 'zod'
import { DecisionName, SensorName } from './names.ts'
import { CelText, Duration, durationMs } from './scalars.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/**
 * A decision by the forecasts of a `daily-demand` model, made for each product when they are issued. Formulas:
 * `shared/decisions`.
 */
export const DecisionDefinition = z.strictObject({
  name: DecisionName.default('reorder'),
  /**
   * CEL: whether to reorder, by `demand` (quantiles of the demand accumulated over the lead time, `demand.p90`), `stock` and
   * `on_order`.
   */
  when: CelText.default('demand.p90 > stock + on_order'),
  /** What an order has to last for: until what the next decision orders can be on the shelf. At most the forecast's 24 h. */
  leadTime: Duration.refine(
    (text) => durationMs(text) % HOUR === 0 && durationMs(text) <= DAY,
    'whole hours, at most 24h: no further does the forecast go',
  ).default('24h'),
  /** Gauges per product, in the target's unit. Without `onOrder` nothing is ever on order. */
  stock: SensorName.default('stock'),
  onOrder: SensorName.optional(),
  /** A reading that is older when the forecast is issued says nothing: then nothing is suggested. */
  staleAfter: Duration.default('6h'),
  /** What a unit costs that is missing, and one that is left over, in any one currency: only their ratio counts. */
  costs: z.strictObject({ under: z.number().positive(), over: z.number().positive() }).default({ under: 9, over: 1 }),
  /** Orders are whole multiples of this; of a product that has it, the static attribute that is named goes before. */
  pack: z
    .strictObject({ size: z.number().positive().default(1), attribute: z.string().min(1).max(64).optional() })
    .prefault({}),
})
export type DecisionDefinition = z.infer<typeof DecisionDefinition>

/** What staff say to a suggestion: the body of `POST /v1/decisions/{id}/choice` on the device. */
export const DecisionAnswer = z.discriminatedUnion('choice', [
  z.strictObject({ choice: z.literal('accepted') }),
  z.strictObject({
    choice: z.literal('changed'),
    quantity: z.number().positive().max(1e9),
    reason: z.string().max(200).optional(),
  }),
  z.strictObject({ choice: z.literal('rejected'), reason: z.string().trim().min(1).max(200) }),
])
export type DecisionAnswer = z.infer<typeof DecisionAnswer>
