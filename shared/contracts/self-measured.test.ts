import { describe, expect, it } from 'vitest'
import {
  EntityId,
  forecastEntity,
  Horizon,
  horizonOf,
  isSelfMeasured,
  modelEntity,
  parseSelfEntity,
  SELF_MEASURED,
  SensorName,
  SeriesName,
  selfMeasured,
} from './index.ts'

const HOUR = 3_600_000
const longest = { model: 'm'.repeat(48), version: 2 ** 32 - 1 }

describe('what a device measures of itself', () => {
  it('has names that no sensor can have, and that travel as a series does', () => {
    for (const name of Object.keys(SELF_MEASURED)) {
      expect(SensorName.safeParse(name).success).toBe(false)
      expect(SeriesName.safeParse(name).success).toBe(true)
      expect(isSelfMeasured({ sensor: name })).toBe(true)
    }
    expect(SeriesName.safeParse('$of-a-later-version').success).toBe(true)
    expect(SeriesName.safeParse('$').success).toBe(false)
    expect(SeriesName.safeParse('$a/b').success).toBe(false)
    expect(selfMeasured('$model-latency')).toMatchObject({ unit: 'ms', resolution: 0.001 })
    expect([selfMeasured('toString'), selfMeasured('fridge')]).toEqual([undefined, undefined])
  })

  it('names model, version and horizon in the entity, and finds them there', () => {
    expect(modelEntity({ model: 'demand', version: 3 })).toBe('demand.3')
    expect(parseSelfEntity('demand.3')).toEqual({ model: 'demand', version: 3 })
    for (const horizon of Horizon.options) {
      const entity = forecastEntity({ ...longest, horizon })
      expect(EntityId.safeParse(entity).success).toBe(true)
      expect(parseSelfEntity(entity)).toEqual({ ...longest, horizon })
    }
    for (const other of ['', 'demand', 'demand.x', 'demand.0', 'demand.3.4h', 'demand.3.1d.1', 'a/b.1']) {
      expect(parseSelfEntity(other)).toBeUndefined()
    }
  })

  it('tells horizons by the longest time ahead, with the hour that a day may have more', () => {
    const hours = [0.25, 1, 1.5, 6, 7, 24, 25, 26, 49, 7 * 24 + 1, 1000]
    const expected = ['1h', '1h', '6h', '6h', '1d', '1d', '1d', '2d', '2d', '7d', 'far']
    expect(hours.map((hour) => horizonOf(hour * HOUR))).toEqual(expected)
  })
})
