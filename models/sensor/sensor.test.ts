import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SequenceView } from '@storecast/shared/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { initialise, layoutOf } from '../networks/scope.ts'
import { Graph } from '../onnx/graph.ts'
import { openSession, type Session } from '../onnx/session.ts'
import { tensor } from '../onnx/tensor.ts'
import { writeModel } from '../onnx/write.ts'
import {
  channelScale,
  type RevinLinearOptions,
  readSensorSeries,
  revinLinear,
  scoreSensor,
  sensorModel,
  standardised,
  trainSensor,
} from './index.ts'

const view: SequenceView = { kind: 'sequence', channels: '*', step: '1h', context: 24 }

/** A model with the parameters a seed starts from. */
async function untrained(network: RevinLinearOptions): Promise<Session> {
  const g = new Graph('scratch')
  const past = () => g.input('past', 'float32', [1, network.context, network.channels])
  const layout = layoutOf((scope) => revinLinear(network)(scope, { past: past() }))
  const networks = [{ seed: 1, parameters: initialise(layout, 1), losses: [], validationLosses: [], seconds: 0 }]
  const scale = { mean: new Array(network.channels).fill(0), sd: new Array(network.channels).fill(1) }
  return openSession(writeModel(sensorModel({ network, layout, networks }, scale)))
}

/** Two channels with a daily rhythm, of different level and spread. */
function rhythm(rows: number): Float32Array {
  return Float32Array.from({ length: rows * 2 }, (_, i) => {
    const t = i >> 1
    const wave = Math.sin((2 * Math.PI * t) / 24) + 0.3 * Math.cos((2 * Math.PI * t) / 12)
    return i % 2 === 0 ? 20 + 3 * wave : 1013 - 8 * wave
  })
}

describe('the network', () => {
  const network = { context: 24, horizon: 6, channels: 2, quantiles: [0.1, 0.5, 0.9] }
  let session: Session
  beforeAll(async () => {
    session = await untrained(network)
  })
  afterAll(() => session[Symbol.asyncDispose]())
  const forecast = async (past: Float32Array) => {
    const { quantiles } = await session.run({ series: tensor('float32', past, [1, 24, 2]) })
    expect(quantiles!.shape).toEqual([1, 6, 2, 3])
    return quantiles!.data as Float32Array
  }

  it('never crosses its quantiles', async () => {
    const out = await forecast(rhythm(24))
    for (let i = 0; i < out.length; i += 3) {
      expect(out[i]!).toBeLessThan(out[i + 1]!)
      expect(out[i + 1]!).toBeLessThan(out[i + 2]!)
    }
  })

  it('forecasts a window that is shifted and stretched by channel as the same forecast, shifted and stretched', async () => {
    const past = rhythm(24)
    const map = (x: number, channel: number) => (channel === 0 ? 2 * x - 7 : 0.5 * x + 30)
    const direct = await forecast(past.map((x, i) => map(x, i % 2)))
    const mapped = (await forecast(past)).map((x, i) => map(x, Math.floor(i / 3) % 2))
    for (const [i, value] of direct.entries()) expect(value).toBeCloseTo(mapped[i]!, 2)
  })
})

it('learns a rhythm far better than repeating the last value', async () => {
  const rows = 600
  const series = { channels: ['a', 'b'], times: [], values: rhythm(rows), filled: 0, sha256: '' }
  const scale = channelScale(series, 480)
  const network = { context: 24, horizon: 6, channels: 2, quantiles: [0.1, 0.5, 0.9] }
  const trained = await trainSensor({
    values: standardised(series, scale).subarray(0, 480 * 2),
    network,
    options: { epochs: 20, batch: 32, learningRate: 0.01, weightDecay: 0, seeds: [1] },
  })
  await using session = await openSession(writeModel(sensorModel(trained, scale)))
  const scores = await scoreSensor(session, network, { ...series, sd: scale.sd, from: 480, to: rows })
  expect(scores.windows).toBe(115)
  expect(scores.mae).toBeLessThan(0.1 * scores.lastValue.mae)
})

describe('reading a series', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'series-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  const read = async (text: string, channels: SequenceView['channels'] = '*') => {
    const path = join(folder, 'series.csv')
    await writeFile(path, text)
    return readSensorSeries(path, { view: { ...view, channels } })
  }

  it('takes every column, or those the view names in its order', async () => {
    const text = 'time,a,b\n2026-01-01 00:00,1,2\n2026-01-01 01:00,3,4\n'
    expect([...(await read(text)).values]).toEqual([1, 2, 3, 4])
    expect([...(await read(text, ['b'])).values]).toEqual([2, 4])
  })

  it('repeats the last value where one is missing, and counts it', async () => {
    const series = await read('time,a\n0,1\n1,\n2,3\n')
    expect([...series.values]).toEqual([1, 1, 3])
    expect(series.filled).toBe(1)
  })

  it.each([
    ['time\n0\n', 'missing-column', /no channel/],
    ['time,a\n0,\n', 'invalid-value', /line 2, column a.*first value/],
    ['time,a\n0,1\n1,warm\n', 'invalid-value', /line 3, column a.*"warm" is not a number/],
  ])('refuses %j', async (text, code, message) => {
    await expect(read(text)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})

const etth1 = fileURLToPath(new URL('../../../shared/data/ett/ETTh1.csv', import.meta.url))
describe.skipIf(!existsSync(etth1))('ETTh1', () => {
  it('scores "repeat the last value" as published', async () => {
    const series = await readSensorSeries(etth1, { view })
    expect(series.channels).toEqual(['HUFL', 'HULL', 'MUFL', 'MULL', 'LUFL', 'LULL', 'OT'])
    const network = { context: 24, horizon: 96, channels: 7, quantiles: [0.5] }
    await using session = await untrained(network)
    const { sd } = channelScale(series, 8640)
    const { lastValue, windows } = await scoreSensor(session, network, { ...series, sd, from: 11_520, to: 14_400 })
    expect(windows).toBe(2785)
    expect(lastValue.mse).toBeCloseTo(1.2944, 4)
    expect(lastValue.mae).toBeCloseTo(0.7132, 4)
  })
})
