import type { DailyDemandView, Manifest, Warmup } from '@storecast/shared/contracts'
import { dailyDemandEncoder } from '@storecast/shared/features'
import {
  calibrate,
  middleOf,
  type ScoredDay,
  type ScoredForecast,
  seasonalNaive,
  warmupDays,
} from '@storecast/shared/forecasts'
import type { DailyDemandData } from '../dataset/index.ts'
import type { Session } from '../onnx/session.ts'
import { predict } from './predict.ts'
import { codedSites, inputAt } from './rows.ts'

/** One product's forecast of one day, as a device gave it at midnight, with what came of it. */
export interface DeviceForecast extends ScoredForecast {
  readonly site: string
  readonly entity: string
  /** Day of the data set, from 0. */
  readonly day: number
  readonly mean: number
  /** Seasonal naive. */
  readonly baseline: number
  readonly factor: number
}

/**
 * What devices do, one a site: at the midnight before each of the days `from` to `to` (excluded), features from the site's
 * own history, the model, and the calibration learnt from the bundle's warm-up and the site's own scored days so far.
 * Nothing of another site and nothing later than that midnight is used, but what is known ahead.
 */
export async function simulateDevices(options: {
  data: DailyDemandData
  manifest: Pick<Manifest, 'definition' | 'vocabulary' | 'features' | 'fill'>
  warmup: Warmup | null
  session: Session
  from: number
  to: number
}): Promise<DeviceForecast[]> {
  const { data, manifest, warmup, session, from, to } = options
  const { quantiles: levels, calibration, view: anyView } = manifest.definition.spec
  const view = anyView as DailyDemandView
  const middle = middleOf(levels)
  const encoder = dailyDemandEncoder({ view, features: manifest.features, fill: manifest.fill })
  const coded = codedSites(data, view, manifest.vocabulary)
  const forecasts: DeviceForecast[] = []
  for (const [s, site] of data.sites.entries()) {
    const history: ScoredDay[] = warmupDays(warmup, site.site)
    for (let day = from; day < to; day++) {
      const input = inputAt(data, site, coded[s]!, day)
      const raw = await predict(session, { count: site.entities.length, ...encoder.rows(input) })
      const { quantiles, mean, state } = calibrate(raw, { history, levels, calibration })
      const naive = seasonalNaive(input.history)
      for (const [i, { id }] of site.entities.entries()) {
        const actual = site.units[i * data.days + day]!
        if (Number.isNaN(actual)) continue
        const censored = site.stockoutHours[i * data.days + day] !== 0
        const at = i * levels.length
        history.push({
          day: data.firstDay + day,
          quantiles: raw.quantiles.subarray(at, at + levels.length),
          actual,
          censored,
        })
        const own = quantiles.subarray(at, at + levels.length)
        forecasts.push({
          ...{ site: site.site, entity: id, day, actual, censored },
          ...{ quantiles: own, point: own[middle]!, mean: mean[i]!, baseline: naive[i]!, factor: state.factor },
        })
      }
    }
  }
  return forecasts
}
