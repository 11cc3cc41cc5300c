import type { Forecasts } from '@storecast/shared/forecasts'
import type { Session } from '../onnx/session.ts'
import { tensor } from '../onnx/tensor.ts'

/** Rows a run of the session: the memory of a run stays small whatever the data set. */
const RUN_ROWS = 4096

/** Raw forecasts of `count` rows: `quantiles` [M×Q], `mean` [M], in units. Statics may be empty. */
export async function predict(
  session: Session,
  rows: { count: number; features: Float32Array; statics: BigInt64Array; scale: Float32Array },
): Promise<Forecasts> {
  const { count } = rows
  const width = rows.features.length / Math.max(1, count)
  const statics = rows.statics.length / Math.max(1, count)
  const mean = new Float32Array(count)
  let quantiles = new Float32Array()
  for (let from = 0; from < count; from += RUN_ROWS) {
    const size = Math.min(RUN_ROWS, count - from)
    const out = await session.run({
      features: tensor('float32', rows.features.subarray(from * width, (from + size) * width), [size, width]),
      statics: tensor('int64', rows.statics.subarray(from * statics, (from + size) * statics), [size, statics]),
      scale: tensor('float32', rows.scale.subarray(from, from + size), [size]),
    })
    const part = out.quantiles!.data as Float32Array
    const levels = part.length / size
    if (from === 0) quantiles = new Float32Array(count * levels)
    quantiles.set(part, from * levels)
    mean.set(out.mean!.data as Float32Array, from)
  }
  return { quantiles, mean }
}
