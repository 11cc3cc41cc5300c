import type { DailyDemandView, ModelDefinition, Network as NetworkDefinition } from '@storecast/shared/contracts'
import { covariateFeatures, type Vocabulary } from '@storecast/shared/features'
import {
  crossEntropy,
  dailyDemandModel,
  huber,
  type Layout,
  type Network,
  pinball,
  residualMlp,
  seasonalNaive,
  weightedMean,
} from '../networks/index.ts'
import type { ModelIr } from '../onnx/ir.ts'
import { tensor } from '../onnx/tensor.ts'
import { type JobProgress, rows as rowsOf, train } from '../training/index.ts'
import { columnMoments } from './distribution.ts'
import { type DemandRows, HOURS } from './rows.ts'

export interface FitInput {
  readonly definition: ModelDefinition
  /** In-stock rows, without gaps: sales in a stock-out are censored demand and teach nothing. */
  readonly rows: DemandRows
  readonly features: readonly string[]
  readonly vocabulary: Vocabulary
  readonly onProgress?: (progress: JobProgress) => void
  readonly signal?: AbortSignal
}

/** Weights in the loss of the mean's Huber loss and of the profile's cross-entropy, beside the pinball losses. */
const MEAN_WEIGHT = 0.5
const PROFILE_WEIGHT = 0.1
/** A small data set still gets so many steps: by smaller batches, then by more epochs. */
const LEAST_STEPS = 300
const SMALLEST_BATCH = 64
const MOST_EPOCHS = 60

/** Fits the definition's network to rows and gives it with the tensors of a `daily-demand` bundle, in float32. */
export function fitDemand(input: FitInput): Promise<ModelIr> {
  const { network } = input.definition.spec
  switch (network.kind) {
    case 'residual-mlp':
      return fitResidualMlp(input, network)
    case 'seasonal-naive':
      return Promise.resolve(fitSeasonalNaive(input, network))
    case 'imported':
      throw new RangeError('definition: an imported network is not trained here; "storecast model push" brings it in')
    case 'revin-linear':
      throw new RangeError('definition: the network revin-linear forecasts the view "sequence", not "daily-demand"')
  }
}

/**
 * Residual MLPs on targets in units of each row's scale, one a seed. Rows count by their scale, since errors are scored in
 * units (pooled WAPE). Loss: Σ pinball over the levels + 0.5 Huber of the mean + 0.1 cross-entropy of the day's profile.
 */
async function fitResidualMlp(input: FitInput, kind: Extract<NetworkDefinition, { kind: 'residual-mlp' }>) {
  const { definition, rows, features, vocabulary } = input
  const { quantiles, training } = definition.spec
  const view = definition.spec.view as DailyDemandView
  const statics = Object.entries(view.statics).map(([name, width]) => {
    return { name, width, entries: (vocabulary[name] ?? []).length + 1 }
  })
  const { width, blocks, dropout, halfWithout } = kind
  const moments = columnMoments(rows.features, features.length)
  const networkOf = (sd: Float64Array) =>
    residualMlp({
      standardise: { mean: moments.mean, sd },
      ...{ statics, width, blocks, dropout, quantiles, profile: HOURS },
    })
  const data = rowsOf({
    features: tensor('float32', rows.features, [rows.count, features.length]),
    statics: tensor('int64', rows.statics, [rows.count, statics.length]),
    target: tensor(
      'float32',
      rows.units.map((units, i) => units / rows.scale[i]!),
      [rows.count, 1],
    ),
    weight: tensor('float32', rows.scale, [rows.count, 1]),
    shares: tensor('float32', hourlyShares(rows), [rows.count, HOURS]),
  })
  const trainSeeds = (network: Network, seeds: readonly number[]) =>
    train({
      network,
      loss: (g, out, batch) => {
        const levels = g.mul(pinball(g, out.quantiles!, batch.target!, quantiles), quantiles.length)
        const mean = g.mul(huber(g, out.mean!, batch.target!), MEAN_WEIGHT)
        const profile = g.mul(crossEntropy(g, out.profile!, batch.shares!), PROFILE_WEIGHT)
        return weightedMean(g, g.add(g.add(levels, mean), profile), batch.weight!)
      },
      data,
      options: { ...training, ...pace(rows.count, training), seeds },
      ...(input.onProgress && { onProgress: input.onProgress }),
      ...(input.signal && { signal: input.signal }),
    })

  const network = networkOf(moments.sd)
  const hidden = columnsOf(features, halfWithout)
  if (hidden.length === 0) {
    const { layout, networks } = await trainSeeds(network, training.seeds)
    return modelOf(
      layout,
      networks.map(({ parameters }) => parameters),
    )
  }
  const { layout, networks } = await trainSeeds(
    network,
    training.seeds.filter((_, i) => i % 2 === 0),
  )
  // A column without deviation is 0 once standardised, whatever it holds.
  const blind = networkOf(moments.sd.map((sd, f) => (hidden.includes(f) ? 0 : sd)))
  const others = await trainSeeds(
    blind,
    training.seeds.filter((_, i) => i % 2 === 1),
  )
  return modelOf(layout, [
    ...networks.map(({ parameters }) => parameters),
    ...others.networks.map(({ parameters }) => withoutColumns(layout, parameters, hidden)),
  ])

  function modelOf(layout: Layout, parameters: readonly Float32Array[]): ModelIr {
    return dailyDemandModel({ network, layout, parameters }, { features: features.length, statics: statics.length })
  }
}

/** Columns of the features made of these covariates. */
function columnsOf(features: readonly string[], covariates: readonly string[]): number[] {
  for (const name of covariates) {
    if (!features.includes(name))
      throw new RangeError(`definition: halfWithout names ${name}, not known ahead in the view`)
  }
  const made = new Set(covariates.flatMap(covariateFeatures))
  return features.flatMap((name, f) => (made.has(name) ? [f] : []))
}

/**
 * The same network with no weight on some input columns. Trained blind to them, it then is blind in a model that
 * standardises them for others.
 */
function withoutColumns(layout: Layout, parameters: Float32Array, columns: readonly number[]): Float32Array {
  const blind = parameters.slice()
  for (const { name, offset, shape } of layout.parameters) {
    if (name !== 'in.weight' && name !== 'skip.weight') continue
    const outputs = shape[1]!
    for (const column of columns) blind.fill(0, offset + column * outputs, offset + (column + 1) * outputs)
  }
  return blind
}

/** Batch and epochs for so many rows. */
function pace(count: number, { batch, epochs }: { batch: number; epochs: number }) {
  const smaller = Math.min(batch, count, Math.max(SMALLEST_BATCH, Math.floor(count / (LEAST_STEPS / epochs))))
  const perEpoch = Math.max(1, Math.floor(count / smaller))
  return { batch: smaller, epochs: Math.max(epochs, Math.min(MOST_EPOCHS, Math.ceil(LEAST_STEPS / perEpoch))) }
}

/** Each row's units by hour over the day's total; all 0 where nothing was sold. */
function hourlyShares({ count, hourly }: DemandRows): Float32Array {
  const shares = new Float32Array(hourly.length)
  for (let m = 0; m < count; m++) {
    let total = 0
    for (let h = 0; h < HOURS; h++) total += hourly[m * HOURS + h]!
    if (total > 0) for (let h = 0; h < HOURS; h++) shares[m * HOURS + h] = hourly[m * HOURS + h]! / total
  }
  return shares
}

/** One season ago, opened up by the empirical quantiles of its own errors in units of scale. */
function fitSeasonalNaive(
  input: FitInput,
  { season }: Extract<NetworkDefinition, { kind: 'seasonal-naive' }>,
): ModelIr {
  const { definition, rows, features } = input
  const view = definition.spec.view as DailyDemandView
  const lagColumn = features.indexOf(`lag${season}`)
  if (lagColumn < 0) throw new RangeError(`definition: there is no feature lag${season} for a season of ${season} days`)
  const errors = Float64Array.from({ length: rows.count }, (_, m) => {
    return rows.units[m]! / rows.scale[m]! - rows.features[m * features.length + lagColumn]!
  }).sort()
  const profile = new Float64Array(HOURS)
  rows.hourly.forEach((units, at) => {
    profile[at % HOURS]! += units
  })
  const total = profile.reduce((sum, units) => sum + units, 0)
  return seasonalNaive({
    features: features.length,
    statics: Object.keys(view.statics).length,
    lagColumn,
    offsets: definition.spec.quantiles.map((level) => errors[Math.floor(level * (errors.length - 1))]!),
    profile: Array.from(profile, (units) => (total > 0 ? units / total : 1 / HOURS)),
  })
}
