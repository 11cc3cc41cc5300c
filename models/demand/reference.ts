import type { Reference } from '@storecast/shared/contracts'
import { DAILY_HISTORY_DAYS, type DailyDemandEncoder, type SiteEntities } from '@storecast/shared/features'
import { type DailyDemandData, freezeColumn, referenceOf } from '../dataset/index.ts'
import { columnMoments, fillUnknown } from './distribution.ts'
import { demandRows } from './rows.ts'

/** A week: blocks of whole ones hold every weekday alike. */
const BLOCK_DAYS = 7
/** Of a standard deviation: devices count features in these steps. */
const STEPS_PER_SD = 1000
/** As devices tell actuals, in the target's unit: see `$forecast-actual`. */
const TARGET_RESOLUTION = 0.001

/**
 * What devices will see, from the data trained on: inputs of every row, whether or not it sold out, as a device forecasts
 * them all; the target of rows in stock alone, as no other is scored. The last whole weeks; rows without a full history come
 * in only where there is less than a block of others.
 *
 * @param from first day with rows, from 0
 */
export function demandReference(options: {
  data: DailyDemandData
  encoder: DailyDemandEncoder
  coded: readonly SiteEntities[]
  fill: readonly number[]
  from: number
}): Reference {
  const { data, encoder, coded, fill, from } = options
  const settled = data.days - DAILY_HISTORY_DAYS >= BLOCK_DAYS ? DAILY_HISTORY_DAYS : from
  const blocks = Math.max(1, Math.floor((data.days - settled) / BLOCK_DAYS))
  const first = Math.max(settled, data.days - blocks * BLOCK_DAYS)
  const rows = demandRows(data, { encoder, coded, from: first, to: data.days, inStock: false })
  fillUnknown(rows.features, fill)
  const width = encoder.features.length
  const grid = { sites: data.sites.map(({ site }) => site), blocks }
  const place = {
    rows: rows.count,
    site: (m: number) => rows.site[m]!,
    block: (m: number) => Math.floor((rows.day[m]! - first) / BLOCK_DAYS),
  }
  const { mean, sd } = columnMoments(rows.features, width)
  const features = encoder.features.map((name, f) =>
    freezeColumn(
      { name, centre: mean[f]!, resolution: (sd[f]! || 1) / STEPS_PER_SD },
      { ...place, value: (m) => rows.features[m * width + f]! },
      grid,
    ),
  )
  const target = freezeColumn(
    { name: 'target', centre: 0, resolution: TARGET_RESOLUTION },
    { ...place, value: (m) => (rows.censored[m] ? Number.NaN : rows.units[m]!) },
    grid,
  )
  return referenceOf({ grid, blockDays: BLOCK_DAYS, features, target })
}
