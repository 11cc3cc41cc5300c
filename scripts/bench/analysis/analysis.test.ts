import { RolloutDocument } from '@storecast/shared/contracts'
import { describe, expect, it } from 'vitest'
import { readDocument } from '../../../fleet/documents/read-document.ts'
import { drawRollout } from './draw.ts'
import type { ShopForecasts } from './forecasts.ts'
import { noise, noiseOnEither, type Pool, pair, strengthFor } from './pools.ts'
import { runRollout } from './rollout.ts'

const SHOPS = 12
const DAYS = 49
const PRODUCTS = 20

/** Shops that sell 10 of everything, forecast 8 or 12 in turns: every error is 2. */
function shops(): ShopForecasts {
  const rows = Array.from({ length: SHOPS * DAYS * PRODUCTS }, (_, row) => row)
  const floats = (of: (row: number) => number) => Float64Array.from(rows, of)
  return {
    ...{ days: DAYS, shops: SHOPS },
    shop: Uint8Array.from(rows, (row) => Math.floor(row / (DAYS * PRODUCTS))),
    day: Uint8Array.from(rows, (row) => Math.floor(row / PRODUCTS) % DAYS),
    actual: floats(() => 10),
    censored: Uint8Array.from(rows, (row) => Number(row % PRODUCTS === 0)),
    lower: floats(() => 6),
    point: floats((row) => (row % 2 === 0 ? 8 : 12)),
    upper: floats(() => 14),
  }
}

const of = shops()
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)

describe('a pool', () => {
  it('holds the paired errors of each shop and day, and what is common to a day', () => {
    // On day 3 every error is 2.5 in place of 2, in shop 0 on every day 2.25 at least.
    const candidate = of.point.map((value, row) => {
      const more = of.day[row] === 3 ? 0.5 : of.shop[row] === 0 ? 0.25 : 0
      return value < 10 ? value - more : value + more
    })
    const pool = pair(of, { champion: of, candidate: { ...of, point: candidate } })
    expect(pool.rows[0]).toBe(PRODUCTS - 1)
    expect(pool.excluded[0]).toBe(1)
    expect(pool.championAbsolute[0]).toBe(2 * (PRODUCTS - 1))
    expect(pool.championCovered[0]).toBe(PRODUCTS - 1)
    // 25 % on one day; on the others 12.5 % in one shop of twelve.
    const other = 0.125 / SHOPS
    expect(pool.effect).toBeCloseTo((0.25 + (DAYS - 1) * other) / DAYS, 12)
    expect(pool.seen[3]).toBeCloseTo(0.25 - pool.effect, 12)
    expect(pool.own[0]).toBeCloseTo((0.125 - other) * pool.championAbsolute[0]!, 12)
    expect(sum(pool.own)).toBeCloseTo(0, 9)
  })

  it('takes for the shock of a day only what shops have in common beyond their own errors', () => {
    const alone = pair(of, { champion: of, candidate: noise(of, { sd: 0.1, seed: 5 }) })
    const scatter = (values: Float64Array) => Math.sqrt(sum(values.map((value) => value ** 2)) / DAYS)
    expect(scatter(alone.shock)).toBeLessThan(0.5 * scatter(alone.seen))
    const together = of.point.map((value, row) => (value > 10 ? value + 0.2 * (of.day[row]! % 7) : value))
    const shared = pair(of, { champion: of, candidate: { ...of, point: together } })
    expect(scatter(shared.shock)).toBeCloseTo(scatter(shared.seen), 12)
  })

  it('is as much worse as it is asked to be, or not at all', () => {
    const at = (sd: number) => pair(of, { champion: of, candidate: noise(of, { sd, seed: 1 }) })
    expect(at(strengthFor(0.05, at)).effect).toBeCloseTo(0.05, 3)
    const equal = pair(of, { ...noiseOnEither(of, { sd: 0.2, seed: 1 }), equal: true })
    expect(equal.effect).toBe(0)
  })
})

describe('a rollout drawn from a pool', () => {
  const flat = (effect: number): Pool => ({ ...pair(of, { champion: of, candidate: of }), effect })
  const draw = (effect: number, seed = 1) => drawRollout({ pools: [flat(effect)] }, { seed, devices: 200, days: 14 })

  it('has the effect of the pool on every device, and is the same for the same seed', () => {
    const { days, prior } = draw(0.05)
    expect(days).toHaveLength(14)
    expect(days.every(({ records }) => records.length === 200)).toBe(true)
    for (const { records } of days) {
      for (const { difference, championAbsolute } of records)
        expect(difference / championAbsolute).toBeCloseTo(0.05, 12)
    }
    expect(prior.dailySd).toBeCloseTo(0, 12)
    expect(draw(0.05)).toEqual(draw(0.05))
  })

  it('draws a share of the devices from other pools', () => {
    const { days } = drawRollout(
      { pools: [flat(0)], some: { share: 0.2, pools: [flat(0.25)] } },
      { seed: 3, devices: 2000, days: 1 },
    )
    const worse = days[0]!.records.filter(({ difference }) => difference > 0).length
    expect(Math.abs(worse / 2000 - 0.2)).toBeLessThan(0.03)
  })

  it('goes as far as the cloud’s own decisions let it', async () => {
    const { spec } = await readDocument('fleet/rollouts/demand.yaml', RolloutDocument)
    expect(runRollout(draw(0), spec)).toMatchObject({ spread: true, said: ['inconclusive', 'non-inferior'] })
    expect(runRollout(draw(0.1), spec)).toMatchObject({ spread: false, said: ['inconclusive', 'worse'] })
  })
})
