import { parseSelfEntity, type SelfMeasuredName } from '@storecast/shared/contracts'
import { getOrAdd } from '../platform/maps.ts'
import type { Telemetry } from '../telemetry/index.ts'
import type { Batch } from './observe.ts'
import type { DaySums, DeviceDays, SUMS } from './performance.ts'

const SERIES: Readonly<Record<Exclude<(typeof SUMS)[number], 'rows' | 'leftOut'>, SelfMeasuredName>> = {
  absolute: '$forecast-absolute-error',
  squared: '$forecast-squared-error',
  error: '$forecast-error',
  actual: '$forecast-actual',
  baseline: '$forecast-baseline-error',
  covered: '$forecast-coverage',
}
const SUM_OF = new Map(Object.entries(SERIES).map(([name, sensor]) => [sensor, name as keyof typeof SERIES]))

/** What came of devices' forecasts, by local day of their span. */
export async function forecastDays(
  telemetry: Pick<Telemetry, 'deviceDays'>,
  { watched, days }: Batch,
): Promise<DeviceDays[]> {
  const found = new Map<string, Map<string, Map<string, { -readonly [K in keyof DaySums]: number }>>>()
  for (const one of await telemetry.deviceDays({ devices: days, sensors: Object.values(SERIES) })) {
    const { device, sensor, entity, day, count, sum, missing } = one
    const entities = getOrAdd(found, device, () => new Map())
    const sums = getOrAdd(
      getOrAdd(entities, entity, () => new Map()),
      day,
      noSums,
    )
    const name = SUM_OF.get(sensor)!
    sums[name] += sum
    if (name !== 'absolute') continue
    sums.rows += count
    sums.leftOut += missing
  }
  return watched.flatMap((own) => {
    const { from, to } = days.get(own.device)!
    return [...(found.get(own.device) ?? [])].flatMap(([entity, days]) => {
      const of = parseSelfEntity(entity)
      if (!of?.horizon) return []
      return [{ model: of.model, version: of.version, horizon: of.horizon, watched: own, from, to, days }]
    })
  })
}

const noSums = (): { -readonly [K in keyof DaySums]: number } => ({
  ...{ rows: 0, leftOut: 0, absolute: 0, squared: 0, error: 0, actual: 0, baseline: 0, covered: 0 },
})
