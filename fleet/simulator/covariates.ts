import type { CovariatesDocument } from '@storecast/shared/contracts'
import { calendar } from '@storecast/shared/windows'
import type { Shop } from './shop.ts'

/**
 * What is known ahead of a shop's days, told once on the day before the first: a recording holds no older forecasts of the
 * weather than the weather itself.
 */
export function shopCovariates(shop: Shop): Omit<CovariatesDocument, 'kind' | 'site'> {
  const days = Array.from({ length: shop.days }, (_, index) => shop.day(index))
  const names = new Set(days.flatMap(({ ahead }) => Object.keys(ahead)))
  const productNames = new Set(days.flatMap(({ products }) => products.flatMap(({ ahead }) => Object.keys(ahead))))
  return {
    issuedAt: calendar(shop.timeZone).daySpan(shop.firstDay).start - 86_400_000,
    days: days.map(({ date }) => date),
    site_values: Object.fromEntries([...names].map((name) => [name, days.map(({ ahead }) => ahead[name] ?? null)])),
    entity_values: Object.fromEntries(
      [...productNames].map((name) => [
        name,
        Object.fromEntries(
          shop.products.map(({ id }, at) => [id, days.map(({ products }) => products[at]!.ahead[name] ?? null)]),
        ),
      ]),
    ),
  }
}
