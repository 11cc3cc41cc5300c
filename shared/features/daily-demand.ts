import type { DailyDemandView } from '../contracts/index.ts'
import { DAILY_HISTORY_DAYS, type DailyHistory, type DailyKnownAhead, type SiteEntities } from './history.ts'
import { dailyDemandOrigins } from './origins.ts'
import { FIELDS, field, summarise } from './summary.ts'

/** Model inputs, one row a product: `features` [N×F], `statics` [N×S], `scale` [N] in units a day. */
export interface DailyDemandRows {
  readonly features: Float32Array
  readonly statics: BigInt64Array
  readonly scale: Float32Array
}

export interface DailyDemandInput {
  readonly entities: SiteEntities
  readonly history: DailyHistory
  readonly ahead: DailyKnownAhead
}

/** The lowest scale, in units a day: a product that hardly sells does not blow up its own ratios. */
const LOWEST_SCALE = 0.3
/** A past day is in the same state when the covariate differs by at most this. */
const SAME_STATE = 0.05
/** Ratios of sums are drawn toward 1 by so many units, so that a quiet group says little. */
const RATIO_PRIOR = 1

/** Names of `dailyDemandOrigins`, in its order. */
export const dailyDemandFeatures = (view: DailyDemandView): string[] => dailyDemandOrigins(view).map(({ name }) => name)

const LEVEL_FEATURES = 4

export interface DailyDemandEncoder {
  readonly features: readonly string[]
  /** Writes into `into` where given (and large enough), so that a forecast tick allocates nothing. */
  rows(input: DailyDemandInput, into?: DailyDemandRows): DailyDemandRows
}

/**
 * Builds the encoder that turns a site's history into model inputs; training and devices run this same code. It keeps
 * scratch memory, so one encoder serves one caller at a time.
 *
 * @param features columns wanted, in the model's order (the manifest's `features`): a bundle made by an older release
 *   keeps its columns. Default: all.
 * @param fill what stands for a value not known, by column (the manifest's `fill`). Without it such a value stays NaN.
 * @throws RangeError for a feature that this code does not know.
 */
export function dailyDemandEncoder(options: {
  view: DailyDemandView
  features?: readonly string[]
  fill?: readonly number[]
}): DailyDemandEncoder {
  const { view, fill } = options
  const all = dailyDemandFeatures(view)
  const wanted = options.features ?? all
  const source = Int32Array.from(wanted, (name) => {
    const at = all.indexOf(name)
    if (at < 0) throw new RangeError(`feature view daily-demand: no feature is named ${JSON.stringify(name)}`)
    return at
  })
  const missing = Float32Array.from(wanted, (_, i) => fill?.[i] ?? Number.NaN)
  const row = new Float64Array(all.length)
  let summary = new Float64Array()

  return {
    features: wanted,
    rows({ entities, history, ahead }, into) {
      const count = entities.count
      if (summary.length < count * FIELDS) summary = new Float64Array(count * FIELDS)
      const out = into ?? {
        features: new Float32Array(count * wanted.length),
        statics: entities.codes,
        scale: new Float32Array(count),
      }
      summarise(history, summary)
      const context = { view, entities, history, ahead, summary, pools: poolRatios(entities, summary) }
      writeSiteColumns(context, row)
      for (let i = 0; i < count; i++) {
        const scale = Math.max(summary[i * FIELDS + field.inStockMean + 1]!, LOWEST_SCALE)
        out.scale[i] = scale
        writeProductColumns(context, i, scale, row)
        const at = i * wanted.length
        for (let f = 0; f < source.length; f++) {
          const value = row[source[f]!]!
          out.features[at + f] = Number.isNaN(value) ? missing[f]! : value
        }
      }
      if (out.statics !== entities.codes) out.statics.set(entities.codes)
      return out
    },
  }
}

interface RowContext extends DailyDemandInput {
  readonly view: DailyDemandView
  readonly summary: Float64Array
  readonly pools: PoolRatios
}

interface PoolRatios {
  readonly site: readonly [number, number]
  readonly weekday: number
  /** By grouping attribute: ratios of the last 1 and 3 days, two a group. */
  readonly groups: readonly Float64Array[]
}

/** How the pooled in-stock sales of the last 1 and 3 days compare to the same products' 28-day means. */
function poolRatios(entities: SiteEntities, summary: Float64Array): PoolRatios {
  const everything = { of: new Int32Array(entities.count), count: 1 }
  const [site, ...groups] = [everything, ...entities.groups].map((group) => {
    // Σ sold and Σ expected over the last 1 and 3 days, four a group.
    const sums = new Float64Array(group.count * 4)
    for (let i = 0; i < entities.count; i++) {
      const at = i * FIELDS
      const mean = summary[at + field.inStockMean + 3]!
      for (let span = 0; span < 2; span++) {
        const recent = at + field.recent + span * 2
        const into = group.of[i]! * 4 + span * 2
        sums[into]! += summary[recent]!
        sums[into + 1]! += mean * summary[recent + 1]!
      }
    }
    const ratios = new Float64Array(group.count * 2)
    for (let r = 0; r < ratios.length; r++) ratios[r] = ratio(sums[r * 2]!, sums[r * 2 + 1]!)
    return ratios
  })
  let weekday = 0
  let level = 0
  for (let i = 0; i < entities.count; i++) {
    weekday += summary[i * FIELDS + field.weekdayMean]!
    level += summary[i * FIELDS + field.inStockMean + 3]!
  }
  return { site: [site![0]!, site![1]!], weekday: ratio(weekday, level), groups }
}

const ratio = (sum: number, expected: number) => (sum + RATIO_PRIOR) / (expected + RATIO_PRIOR)

/** The columns at the end are the same for all products of the site: written once. */
function writeSiteColumns({ view, history, ahead }: RowContext, row: Float64Array): void {
  let k = row.length - 7 - view.knownAhead.site.length * LEVEL_FEATURES
  for (const name of view.knownAhead.site) k = writeCovariate(ahead.site[name], ahead.first, history.days, row, k)
  for (let day = 0; day < 7; day++) row[k++] = day === ahead.weekday ? 1 : 0
}

/** Writes product `i`'s own features in the order of `dailyDemandFeatures`. */
function writeProductColumns(context: RowContext, i: number, scale: number, row: Float64Array): void {
  const { view, entities, history, ahead, summary, pools } = context
  const at = i * FIELDS
  let k = 0
  for (let f = field.lag; f < field.inStockShare; f++) row[k++] = summary[at + f]! / scale
  for (let f = field.inStockShare; f <= field.known; f++) row[k++] = summary[at + f]!
  row[k++] = Math.log(scale)
  const mean = summary[at + field.inStockMean + 3]!
  row[k++] = ratio(summary[at + field.recent]!, mean * summary[at + field.recent + 1]!)
  row[k++] = ratio(summary[at + field.recent + 2]!, mean * summary[at + field.recent + 3]!)
  row[k++] = pools.site[0]
  row[k++] = pools.site[1]
  for (let g = 0; g < pools.groups.length; g++) {
    const group = entities.groups[g]!.of[i]! * 2
    row[k++] = pools.groups[g]![group]!
    row[k++] = pools.groups[g]![group + 1]!
  }
  row[k++] = pools.weekday
  const aheadAt = i * ahead.stride + ahead.first
  for (const name of view.states) {
    const values = ahead.entity[name]
    const state = sameState(history, i, values ?? ahead.site[name], values ? aheadAt : ahead.first)
    row[k++] = (state.count === 0 ? summary[at + field.inStockMean + 1]! : state.sum / state.count) / scale
    row[k++] = state.inStock === 0 ? 0 : state.count / state.inStock
  }
  for (const name of view.knownAhead.entity) k = writeCovariate(ahead.entity[name], aheadAt, history.days, row, k)
}

/** In-stock days of the history, and those of them in the state of the day forecast, with what was sold on these. */
function sameState(history: DailyHistory, entity: number, values: Float32Array | undefined, at: number) {
  const { units, stockoutHours, days } = history
  const start = entity * history.stride + history.first
  const today = values?.[at + days] ?? Number.NaN
  const state = { count: 0, sum: 0, inStock: 0 }
  for (let d = Math.max(0, days - DAILY_HISTORY_DAYS); values && d < days; d++) {
    const y = units[start + d]!
    if (Number.isNaN(y) || stockoutHours[start + d] !== 0) continue
    state.inStock++
    if (Math.abs(values[at + d]! - today) <= SAME_STATE) {
      state.count++
      state.sum += y
    }
  }
  return state
}

/** The day's value, the next day's, its change since yesterday, and against the mean of the last 7 days. */
function writeCovariate(values: Float32Array | undefined, at: number, days: number, row: Float64Array, k: number) {
  const today = values?.[at + days] ?? Number.NaN
  row[k] = today
  row[k + 1] = values?.[at + days + 1] ?? Number.NaN
  row[k + 2] = values && days > 0 ? today - values[at + days - 1]! : Number.NaN
  let count = 0
  let sum = 0
  for (let d = Math.max(0, days - 7); values && d < days; d++) {
    const value = values[at + d]!
    if (!Number.isNaN(value)) {
      count++
      sum += value
    }
  }
  row[k + 3] = count === 0 ? Number.NaN : today - sum / count
  return k + LEVEL_FEATURES
}
