import {
  checkFusion,
  crossEntropy,
  dailyDemandModel,
  huber,
  openSession,
  pinball,
  quantize,
  residualMlp,
  rows,
  type Tensors,
  tensor,
  train,
  weightedMean,
  writeModel,
} from '@storecast/models/engine'
import { demandRows, demandShape } from '../lib/demand-rows.ts'
import { alternate, type BenchResult } from './measure.ts'

const levels = [0.1, 0.5, 0.9]
const trainingRows = 8192
/** As many products as a large shop has: one forecast tick. */
const products = 1000
const runsPerRound = 50

/**
 * The demand network (three seeds in one graph, trained on made-up rows) in float32 and in static int8: bytes of the
 * file, time of a forecast for 1,000 products, and error (WAPE of the median) on rows not seen in training.
 */
export async function run(): Promise<BenchResult> {
  const { features, statics, hours } = demandShape
  const data = demandRows(trainingRows, 1)
  const network = residualMlp({
    standardise: { mean: new Array(features).fill(0), sd: new Array(features).fill(1) },
    ...{ statics, width: 128, blocks: 2, dropout: 0.35, quantiles: levels, profile: hours },
  })
  const { layout, networks } = await train({
    network,
    loss: (g, out, batch) => {
      const demand = g.add(pinball(g, out.quantiles!, batch.target!, levels), huber(g, out.mean!, batch.target!))
      return weightedMean(g, g.add(demand, crossEntropy(g, out.profile!, batch.shares!)), batch.weight!)
    },
    data: rows(data),
    options: { epochs: 10, batch: 256, learningRate: 1e-3, weightDecay: 0.1, seeds: [1, 2, 3] },
  })
  const parameters = networks.map((each) => each.parameters)
  const model = dailyDemandModel({ network, layout, parameters }, { features, statics: statics.length })
  const float32 = writeModel(model)
  const int8 = writeModel(await quantize(model, [inputs(data)]))
  const integerProducts = await checkFusion(int8)

  const held = demandRows(products, 2)
  const feeds = inputs(held)
  const target = held.target.data as Float32Array
  await using floats = await openSession(float32)
  await using integers = await openSession(int8)
  const wape = async (session: typeof floats) => {
    const { quantiles } = await session.run(feeds)
    const total = target.reduce((sum, y) => sum + y, 0)
    return target.reduce((sum, y, i) => sum + Math.abs(y - (quantiles!.data[3 * i + 1] as number)), 0) / total
  }
  const errors = { float32: await wape(floats), int8: await wape(integers) }
  const repeat = (session: typeof floats) => async () => {
    const began = performance.now()
    for (let i = 0; i < runsPerRound; i++) await session.run(feeds)
    return (performance.now() - began) / runsPerRound
  }
  const { a, b, ratio } = await alternate({ a: repeat(integers), b: repeat(floats), rounds: 9 })
  return {
    size_ratio: int8.byteLength / float32.byteLength,
    latency_ratio: ratio,
    error_ratio: errors.int8 / errors.float32,
    bytes_float32: float32.byteLength,
    bytes_int8: int8.byteLength,
    ms_float32: b,
    ms_int8: a,
    wape_float32: errors.float32,
    wape_int8: errors.int8,
    integer_products: integerProducts,
  }
}

function inputs({ features, statics }: ReturnType<typeof demandRows>): Tensors {
  const count = features.shape[0]!
  return { features, statics, scale: tensor('float32', new Float32Array(count).fill(1)) }
}
