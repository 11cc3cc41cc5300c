import { SensorDefinitions } from '@storecast/shared/contracts'

/** What a simulated shop measures; written once for the fleet and sent to devices and cloud alike. */
export const SHOP_SENSORS = SensorDefinitions.parse([
  // FreshRetailNet tells a few sales in hundredths.
  { name: 'sales', kind: 'event', unit: 'units', resolution: 0.01, range: [0, 10_000], window: '1h', per: 'product' },
  { name: 'stockout', kind: 'event', unit: 'minutes', resolution: 1, range: [0, 60], window: '1h', per: 'product' },
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
  },
  { name: 'footfall', kind: 'counter', unit: 'visitors', resolution: 1, range: [0, 1e9], interval: 900, window: '1h' },
])
