import type { DailyDemandView } from '@storecast/shared/contracts'
import {
  DAILY_HISTORY_DAYS,
  type DailyDemandEncoder,
  type DailyDemandInput,
  type SiteEntities,
  siteEntities,
  type Vocabulary,
} from '@storecast/shared/features'
import { type DailyDemandData, type SiteDemand, weekdayOf } from '../dataset/index.ts'

export const HOURS = 24

/** Rows of several days and sites: model inputs, and what came of the day. M rows, F features, S static attributes. */
export interface DemandRows {
  readonly count: number
  /** [M×F], in the encoder's columns. */
  readonly features: Float32Array
  /** [M×S]. */
  readonly statics: BigInt64Array
  /** Units a day, [M]. */
  readonly scale: Float32Array
  /** Units sold that day, [M]. */
  readonly units: Float32Array
  /** 1: a stock-out within opening hours, sales are a lower bound of demand; [M]. */
  readonly censored: Uint8Array
  /** Units by hour, [M×24]. */
  readonly hourly: Float32Array
  /** Day of the data set, from 0, [M]; ascending. */
  readonly day: Int32Array
  /** Site, as an index into the data set's, [M]. */
  readonly site: Int32Array
}

/** Values of the view's static attributes that occur before day `until`, in order of appearance. */
export function vocabularyOf(data: DailyDemandData, view: DailyDemandView): Vocabulary {
  return Object.fromEntries(
    Object.keys(view.statics).map((name) => {
      const values = data.sites.flatMap(({ site, entities }) =>
        entities.map((entity) =>
          name === 'site' ? site : name === 'entity' ? entity.id : (entity.attributes[name] ?? ''),
        ),
      )
      return [name, [...new Set(values)]]
    }),
  )
}

/** Codes of every site's products, made once for all days. */
export function codedSites(data: DailyDemandData, view: DailyDemandView, vocabulary: Vocabulary): SiteEntities[] {
  return data.sites.map(({ site, entities }) => siteEntities({ view, vocabulary, site, entities }))
}

/** What a device of this site knows at the midnight before day `day`. */
export function inputAt(
  data: DailyDemandData,
  site: SiteDemand,
  entities: SiteEntities,
  day: number,
): DailyDemandInput {
  const days = Math.min(DAILY_HISTORY_DAYS, day)
  const first = day - days
  return {
    entities,
    history: {
      entities: entities.count,
      days,
      stride: data.days,
      first,
      units: site.units,
      stockoutHours: site.stockoutHours,
    },
    ahead: {
      stride: data.days + 2,
      first,
      weekday: weekdayOf(data.firstDay + day),
      entity: site.entityAhead,
      site: site.siteAhead,
    },
  }
}

/** Rows of days `from` to `to` (excluded) whose units are known; with `inStock`, those without a stock-out alone. */
export function demandRows(
  data: DailyDemandData,
  options: {
    encoder: DailyDemandEncoder
    coded: readonly SiteEntities[]
    from: number
    to: number
    inStock: boolean
  },
): DemandRows {
  const { encoder, coded, from, to, inStock } = options
  const wanted = (site: SiteDemand, at: number) =>
    !Number.isNaN(site.units[at]!) && !(inStock && site.stockoutHours[at] !== 0)
  let count = 0
  for (const site of data.sites) {
    for (let i = 0; i < site.entities.length; i++) {
      for (let day = from; day < to; day++) if (wanted(site, i * data.days + day)) count++
    }
  }
  const width = encoder.features.length
  const statics = coded[0]!.codes.length / coded[0]!.count
  const rows: DemandRows = {
    count,
    features: new Float32Array(count * width),
    statics: new BigInt64Array(count * statics),
    scale: new Float32Array(count),
    units: new Float32Array(count),
    censored: new Uint8Array(count),
    hourly: new Float32Array(count * HOURS),
    day: new Int32Array(count),
    site: new Int32Array(count),
  }
  let m = 0
  for (let day = from; day < to; day++) {
    data.sites.forEach((site, s) => {
      const made = encoder.rows(inputAt(data, site, coded[s]!, day))
      for (let i = 0; i < site.entities.length; i++) {
        const at = i * data.days + day
        if (!wanted(site, at)) continue
        rows.features.set(made.features.subarray(i * width, (i + 1) * width), m * width)
        rows.statics.set(made.statics.subarray(i * statics, (i + 1) * statics), m * statics)
        rows.scale[m] = made.scale[i]!
        rows.units[m] = site.units[at]!
        rows.censored[m] = site.stockoutHours[at] === 0 ? 0 : 1
        rows.hourly.set(site.hourly.subarray(at * HOURS, (at + 1) * HOURS), m * HOURS)
        rows.day[m] = day
        rows.site[m] = s
        m++
      }
    })
  }
  return rows
}
