import { QualityRules, type SensorDefinition, SensorDefinitions } from '@storecast/shared/contracts'
import { isStocked, type Shop } from './shop.ts'

/** A feed plays a shop up to that many seconds ahead of a clock that runs fast (`FeedOptions.lead`). */
const AHEAD = { aheadBy: 86_400 }
const quality = QualityRules.parse(AHEAD)

/** What a simulated shop measures; written once for the fleet and sent to devices and cloud alike. */
export const SHOP_SENSORS = SensorDefinitions.parse([
  // FreshRetailNet tells a few sales in hundredths.
  {
    name: 'sales',
    kind: 'event',
    unit: 'units',
    resolution: 0.01,
    range: [0, 10_000],
    window: '1h',
    per: 'product',
    quality,
  },
  {
    name: 'stockout',
    kind: 'event',
    unit: 'minutes',
    resolution: 1,
    range: [0, 60],
    window: '1h',
    per: 'product',
    quality,
  },
  {
    name: 'fridge',
    kind: 'gauge',
    unit: '°C',
    resolution: 0.1,
    range: [-40, 60],
    centre: 4,
    interval: 300,
    window: '1h',
    per: 'site',
    // The compressor goes on and off well within the hour.
    quality: QualityRules.parse({ ...AHEAD, flatAfter: 3600 }),
  },
  {
    name: 'footfall',
    kind: 'counter',
    unit: 'visitors',
    resolution: 1,
    range: [0, 1e9],
    interval: 900,
    window: '1h',
    quality,
  },
])

/** What a shop whose staff order by suggestions measures beside: the shelf, told at the end of each hour. */
const SHELF_SENSORS = SensorDefinitions.parse(
  ['stock', 'on-order'].map((name) => ({
    ...{ name, kind: 'gauge', unit: 'units', resolution: 0.01, range: [0, 100_000], window: '1h', per: 'product' },
    interval: 3600,
    // A delivery is no anomaly.
    quality: QualityRules.parse({ ...AHEAD, anomalyAbove: 0 }),
  })),
)

export const sensorsOf = (shop: Shop): readonly SensorDefinition[] =>
  isStocked(shop) ? [...SHOP_SENSORS, ...SHELF_SENSORS] : SHOP_SENSORS
