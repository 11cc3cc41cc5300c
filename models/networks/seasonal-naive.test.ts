import { expect, test } from 'vitest'
import { openSession } from '../onnx/session.ts'
import { tensor } from '../onnx/tensor.ts'
import { writeModel } from '../onnx/write.ts'
import { seasonalNaive } from './seasonal-naive.ts'

test('repeats the lag column, with quantiles around it that never cross or fall below zero', async () => {
  const profile = Array.from({ length: 24 }, (_, hour) => (hour < 12 ? 0 : 1 / 12))
  const model = seasonalNaive({ features: 3, statics: 2, lagColumn: 1, offsets: [-0.5, 0, 0.75], profile })
  await using session = await openSession(writeModel(model))
  const {
    quantiles,
    mean,
    profile: hours,
  } = await session.run({
    features: tensor('float32', [9, 2, 9, 9, 0.25, 9], [2, 3]),
    statics: tensor('int64', [1, 1, 0, 0], [2, 2]),
    scale: tensor('float32', [10, 4]),
  })
  expect(quantiles).toMatchObject({ shape: [2, 3] })
  expect([...quantiles!.data]).toEqual([15, 20, 27.5, 0, 1, 4])
  expect([...mean!.data]).toEqual([20, 1])
  expect(hours!.shape).toEqual([2, 24])
  expect([...hours!.data].slice(24)).toEqual(profile.map(Math.fround))
})
