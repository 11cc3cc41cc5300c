import type { DailyDemandView, FeatureView } from '../contracts/index.ts'
import { LAG_DAYS, MEAN_DAYS } from './summary.ts'

/**
 * What a feature is worked out from:
 * - `history`: closed days of its sensors; with covariates, those of the days that were like the day forecast; with attributes,
 *   over all products that have the same;
 * - `sensor`: the last windows of one sensor, as they are;
 * - `covariate`: what is known ahead;
 * - `static`: an attribute of the product, or the key itself (`site`, `entity`), embedded;
 * - `calendar`: the day itself;
 * - `unknown`: a feature that this release does not know.
 */
export interface FeatureOrigin {
  readonly name: string
  readonly from: (typeof ORIGINS)[number]
  readonly sensors: readonly string[]
  readonly covariates: readonly string[]
  readonly attributes: readonly string[]
}

export const ORIGINS = ['history', 'sensor', 'covariate', 'static', 'calendar', 'unknown'] as const

const origin = (
  from: FeatureOrigin['from'],
  name: string,
  of: Partial<Pick<FeatureOrigin, 'sensors' | 'covariates' | 'attributes'>> = {},
): FeatureOrigin => ({ name, from, sensors: [], covariates: [], attributes: [], ...of })

/** Every column that this code knows for a view, in its own order. Units over scale unless the name says otherwise. */
export function dailyDemandOrigins(view: DailyDemandView): FeatureOrigin[] {
  // The scale is what a product sold in stock: what is divided by it is made of both, too.
  const sensors = [view.target, view.censoredBy]
  const history = (name: string, of: Partial<FeatureOrigin> = {}) => origin('history', name, { sensors, ...of })
  return [
    ...LAG_DAYS.map((lag) => history(`lag${lag}`)),
    ...MEAN_DAYS.map((days) => history(`mean${days}`)),
    ...MEAN_DAYS.map((days) => history(`in_stock_mean${days}`)),
    history('weekday_mean'),
    ...['sd7', 'sd28', 'exponential_mean', 'in_stock_share7', 'in_stock_share28'].map((name) => history(name)),
    ...['stockout_hours1', 'stockout_hours7'].map((name) => history(name)),
    history('known_share', { sensors: [view.target] }),
    history('log_scale'),
    ...['product', 'site'].flatMap(ratios).map((name) => history(name)),
    ...view.groups.flatMap((group) => ratios(group).map((name) => history(name, { attributes: [group] }))),
    history('site_weekday_ratio'),
    ...view.states.flatMap((state) => stateFeatures(state).map((name) => history(name, { covariates: [state] }))),
    ...[...view.knownAhead.entity, ...view.knownAhead.site].flatMap((covariate) =>
      levelFeatures(covariate).map((name) => origin('covariate', name, { covariates: [covariate] })),
    ),
    ...['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'].map((day) =>
      origin('calendar', day),
    ),
  ]
}

const ratios = (pool: string) => [`${pool}_ratio1`, `${pool}_ratio3`]
const stateFeatures = (name: string) => [`same_${name}_mean`, `same_${name}_share`]
const levelFeatures = (name: string) => [name, `${name}_next`, `${name}_change`, `${name}_against_week`]

/** Names of every feature that a known-ahead covariate may give. */
export const covariateFeatures = (name: string): string[] => [...stateFeatures(name), ...levelFeatures(name)]

/**
 * What a model sees, column by column, then what it embeds.
 * @param features the model's columns in their order, as its manifest has them; of a `sequence` with channels `*` they are the
 *   sensors that it was trained on
 */
export function featureOrigins(view: FeatureView, features: readonly string[]): FeatureOrigin[] {
  if (view.kind === 'sequence') {
    const channels = view.channels === '*' ? features : view.channels
    return channels.map((sensor) => origin('sensor', sensor, { sensors: [sensor] }))
  }
  const known = new Map(dailyDemandOrigins(view).map((one) => [one.name, one]))
  return [
    ...features.map((name) => known.get(name) ?? origin('unknown', name)),
    ...Object.keys(view.statics).map((name) => origin('static', name, { attributes: [name] })),
  ]
}
