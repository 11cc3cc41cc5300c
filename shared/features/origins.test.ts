import { describe, expect, it } from 'vitest'
import { DailyDemandView, SequenceView } from '../contracts/index.ts'
import { dailyDemandFeatures, featureOrigins } from './index.ts'

const view = DailyDemandView.parse({
  kind: 'daily-demand',
  target: 'sales',
  censoredBy: 'stockout',
  statics: { site: 6, category: 4 },
  knownAhead: { entity: ['discount'], site: ['rain'] },
  states: ['discount'],
  groups: ['category'],
})

describe('featureOrigins', () => {
  it('tells of each column of a demand what it is made of, and what is embedded', () => {
    const origins = featureOrigins(view, [...dailyDemandFeatures(view), 'of_tomorrow'])
    const of = (name: string) => origins.find((one) => one.name === name)
    const sensors = ['sales', 'stockout']
    expect(of('lag7')).toMatchObject({ from: 'history', sensors, covariates: [], attributes: [] })
    expect(of('known_share')).toMatchObject({ from: 'history', sensors: ['sales'] })
    expect(of('category_ratio3')).toMatchObject({ from: 'history', sensors, attributes: ['category'] })
    expect(of('same_discount_mean')).toMatchObject({ from: 'history', sensors, covariates: ['discount'] })
    expect(of('rain_next')).toMatchObject({ from: 'covariate', sensors: [], covariates: ['rain'] })
    expect(of('sunday')).toMatchObject({ from: 'calendar', sensors: [], covariates: [], attributes: [] })
    expect(of('category')).toMatchObject({ from: 'static', attributes: ['category'] })
    expect(of('of_tomorrow')).toMatchObject({ from: 'unknown', sensors: [] })
    expect(new Set(origins.map(({ name }) => name)).size).toBe(origins.length)
  })

  it('takes the columns of a model as it has them', () => {
    expect(featureOrigins(view, ['monday', 'lag1']).map(({ name }) => name)).toEqual([
      ...['monday', 'lag1', 'site', 'category'],
    ])
  })

  it('takes the channels of a sequence for what they are', () => {
    const sequence = { kind: 'sequence', step: '1h', context: 48 }
    const named = SequenceView.parse({ ...sequence, channels: ['fridge'] })
    expect(featureOrigins(named, ['renamed'])).toEqual([
      { name: 'fridge', from: 'sensor', sensors: ['fridge'], covariates: [], attributes: [] },
    ])
    const all = SequenceView.parse({ ...sequence, channels: '*' })
    expect(featureOrigins(all, ['fridge', 'door']).map(({ name }) => name)).toEqual(['fridge', 'door'])
  })
})
