import { DecisionDefinition } from '@storecast/shared/contracts'
import { compileDecision } from '@storecast/shared/decisions/rule'
import { accumulate } from '@storecast/shared/forecasts'
import { calendar } from '@storecast/shared/windows'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DecideOptions, decide } from './decide.ts'
import { runIds } from './ids.ts'
import { firstHours, openWithin } from './lead-time.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 2, 10)
const levels = [0.1, 0.5, 0.9]
const said = (value: number, at = NOW) => new Map([['milk', { value, at }]])
const options = (more: Partial<DecideOptions> = {}): DecideOptions => ({
  ...{ rule: compileDecision(DecisionDefinition.parse({}), levels), levels, leadHours: 24, freshFrom: NOW - 6 * HOUR },
  ...{ stock: said(10), onOrder: said(2), packOf: () => 6 },
  ...more,
})
/** Sold evenly from 6 to 22. */
const profile = Array.from({ length: 24 }, (_, hour) => (hour >= 6 && hour < 22 ? 1 / 16 : 0))
const forecast = { entity: 'milk', quantiles: [10, 20, 30], profile }

describe('a decision on a product', () => {
  it('is by the demand of its lead time alone', () => {
    expect(decide(forecast, options())).toMatchObject({ action: 'reorder', quantity: 18, stock: 10, onOrder: 2 })
    const half = decide(forecast, options({ leadHours: 14 }))
    expect(half).toMatchObject({ action: 'reorder', quantity: 6 })
    const accumulated = accumulate({ ...forecast, levels }).subarray(13 * 3, 14 * 3)
    expect(half).toMatchObject({ quantiles: accumulated })
    expect(decide(forecast, options({ leadHours: 6 }))).toMatchObject({ action: 'hold', quantity: 0 })
  })

  it.each([
    ['stock-missing', { stock: new Map() }],
    ['stock-stale', { stock: said(0, NOW - 7 * HOUR) }],
    ['on-order-missing', { onOrder: new Map() }],
    ['on-order-stale', { onOrder: said(0, NOW - 7 * HOUR) }],
  ])('is not made by what is not known of the shelf: %s', (cause, more) => {
    expect(decide(forecast, options(more))).toEqual({ cause })
  })

  it('is not made of a forecast that is none', () => {
    expect(decide({ ...forecast, quantiles: [Number.NaN, 2, 3] }, options())).toEqual({ cause: 'forecast-broken' })
  })

  it('takes nothing to be on order where the definition names no sensor of it', () => {
    expect(decide(forecast, options({ onOrder: undefined }))).toMatchObject({ onOrder: 0, quantity: 24 })
  })

  it('never asks for more than a pack above what the demand asks for, and for no less', () => {
    const amount = fc.integer({ min: 0, max: 60 })
    fc.assert(
      fc.property(
        amount,
        amount,
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 1, max: 12 }),
        (stock, onOrder, leadHours, pack) => {
          const made = decide(
            forecast,
            options({ stock: said(stock), onOrder: said(onOrder), leadHours, packOf: () => pack }),
          )
          if ('cause' in made) throw new Error(made.cause)
          const lacking = made.quantiles[2]! - stock - onOrder
          expect(made.action).toBe(lacking > 0 ? 'reorder' : 'hold')
          expect(made.quantity).toBeGreaterThanOrEqual(Math.max(0, lacking) - 1e-3)
          expect(made.quantity).toBeLessThan(Math.max(0, lacking) + pack)
        },
      ),
    )
  })
})

describe('a lead time', () => {
  const berlin = calendar('Europe/Berlin')

  it('goes by the clock on the wall, also on days of 23 and 25 hours', () => {
    for (const day of ['2026-03-28', '2026-03-29', '2026-10-25']) {
      const span = berlin.daySpan(day)
      expect(firstHours(span, 24)).toEqual(span)
      expect(firstHours(span, 14).end).toBe(berlin.fromLocal(`${day}T14:00:00`))
      expect(openWithin(span, span, [6, 22])).toEqual({
        start: berlin.fromLocal(`${day}T06:00:00`),
        end: berlin.fromLocal(`${day}T23:00:00`),
      })
      expect(openWithin(firstHours(span, 8), span, [6, 22]).end).toBe(berlin.fromLocal(`${day}T08:00:00`))
      expect(openWithin(span, span, [0, 23])).toEqual(span)
    }
    const span = berlin.daySpan('2026-03-28')
    const closed = openWithin(firstHours(span, 3), span, [6, 22])
    expect(closed.end).toBe(closed.start)
  })
})

describe('the ids of a run', () => {
  it('are UUIDs of version 7, as RFC 9562 has its example (A.6), and ascend', () => {
    const id = runIds(0x017f22e279b0, Buffer.from('0cc318c4dc0c0c07398f', 'hex'))
    expect(id()).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
    expect(id()).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c073990')
  })

  it('do not run out of what they count', () => {
    const id = runIds(NOW, new Uint8Array(10).fill(255))
    const some = Array.from({ length: 20_000 }, id)
    expect(new Set(some).size).toBe(20_000)
    expect(some.toSorted()).toEqual(some)
    expect(some.every((one) => /^[0-9a-f]{8}-[0-9a-f]{4}-7fff-bfff-[0-9a-f]{12}$/.test(one))).toBe(true)
  })
})
