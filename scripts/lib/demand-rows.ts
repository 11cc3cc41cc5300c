import { seededRandom, type Tensor, tensor } from '@storecast/models/engine'

/** Made-up rows in the shape of `daily-demand` training data, in which features, static attributes and demand hang together. */
export type DemandRows = Readonly<Record<'features' | 'statics' | 'target' | 'weight' | 'shares', Tensor>>

export interface DemandShape {
  readonly features: number
  readonly statics: ReadonlyArray<{ readonly name: string; readonly entries: number; readonly width: number }>
  readonly hours: number
}

/** As wide as the shipped `demand` definition makes them. */
export const demandShape: DemandShape = {
  features: 80,
  statics: [25, 40, 12, 200].map((entries, i) => ({ name: `s${i}`, entries, width: [6, 6, 4, 8][i]! })),
  hours: 24,
}

export function demandRows(examples: number, seed: number, shape: DemandShape = demandShape): DemandRows {
  const random = seededRandom(seed, 3)
  const { features: width, statics, hours } = shape
  const features = Float32Array.from({ length: examples * width }, () => random.normal())
  const codes = BigInt64Array.from({ length: examples * statics.length }, (_, i) =>
    BigInt(1 + random.below(statics[i % statics.length]!.entries - 1)),
  )
  const target = Float32Array.from({ length: examples }, (_, i) => {
    const row = features.subarray(i * width, (i + 1) * width)
    const signal = row[0]! - 0.5 * row[1]! + 0.5 * Math.max(row[2]!, row[3]!) + Number(codes[i * statics.length]) / 20
    return Math.max(0, 1 + 0.4 * signal + 0.3 * random.normal())
  })
  const shares = Float32Array.from({ length: examples * hours }, (_, i) => (i % hours < 8 ? 0 : 1 / (hours - 8)))
  return {
    features: tensor('float32', features, [examples, width]),
    statics: tensor('int64', codes, [examples, statics.length]),
    target: tensor('float32', target, [examples, 1]),
    weight: tensor(
      'float32',
      Float32Array.from({ length: examples }, () => 0.5 + random.uniform()),
      [examples, 1],
    ),
    shares: tensor('float32', shares, [examples, hours]),
  }
}
