import { parseSelfEntity, type SelfMeasuredName } from '@storecast/shared/contracts'
import { readingsIn, type Telemetry } from '../telemetry/index.ts'
import { type DaySums, type DeviceDays, SUMS } from './performance.ts'
import type { Span, Watched } from './subjects.ts'

const SERIES: Readonly<Record<Exclude<(typeof SUMS)[number], 'rows' | 'leftOut'>, SelfMeasuredName>> = {
  absolute: '$forecast-absolute-error',
  squared: '$forecast-squared-error',
  error: '$forecast-error',
  actual: '$forecast-actual',
  baseline: '$forecast-baseline-error',
  covered: '$forecast-coverage',
}

/** What came of a device's forecasts, by local day of their span. */
export async function forecastDays(
  telemetry: Pick<Telemetry, 'merged'>,
  { watched, span }: { watched: Watched; span: Span },
): Promise<DeviceDays[]> {
  const found = new Map<string, Map<string, { -readonly [K in keyof DaySums]: number }>>()
  const { from, to } = span
  for (const [name, sensor] of Object.entries(SERIES)) {
    const query = { device: watched.device, sensor, from, to, resolution: 'day', by: ['time', 'entity'] } as const
    for (const { key, day, sum, count, quality, scale } of await telemetry.merged(query)) {
      const days = getOrAdd(found, key.entity ?? '', () => new Map())
      const sums = getOrAdd(days, day!, () => Object.fromEntries(SUMS.map((each) => [each, 0])))
      sums[name] += readingsIn(scale).unit(sum)
      if (name !== 'absolute') continue
      sums.rows += count
      sums.leftOut += quality.missing
    }
  }
  return [...found].flatMap(([entity, days]) => {
    const of = parseSelfEntity(entity)
    if (!of?.horizon) return []
    return [{ model: of.model, version: of.version, horizon: of.horizon, watched, from, to, days }]
  })
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
