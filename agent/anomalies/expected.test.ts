import { expect, it } from 'vitest'
import { packFloats } from '../forecasts/floats.ts'
import { temporaryReplica } from '../test/replica.ts'
import { ModelForecasts } from './expected.ts'

const HOUR = 3_600_000

it('is the middle quantile of the step, by the newest run that was issued before', () => {
  using replica = temporaryReplica()
  const { db } = replica
  const run = (model: string, issuedAt: number, calibration: string, steps: readonly number[]) => {
    const end = issuedAt + steps.length * HOUR
    db.prepare('INSERT INTO forecast_runs VALUES (?, ?, 1, ?, ?, ?, ?, ?)').run(
      ...[model, issuedAt, issuedAt, end, issuedAt, '[0.1,0.5,0.9]', calibration],
    )
    const profile = Float32Array.from(steps.flatMap((step) => [step - 1, step, step + 1]))
    db.prepare(
      `INSERT INTO forecasts (model, version, issued_at, entity, start, "end", quantiles, raw, mean, profile, baseline)
       VALUES (?, 1, ?, 'fridge', ?, ?, ?, ?, 0, ?, 0)`,
    ).run(
      ...[
        model,
        issuedAt,
        issuedAt,
        end,
        packFloats(Float32Array.of()),
        packFloats(Float32Array.of()),
        packFloats(profile),
      ],
    )
  }
  run('sensor', 0, 'null', [4, 5, 6, 7])
  run('sensor', 2 * HOUR, 'null', [60, 70])
  // A product of this name is none of its business.
  run('demand', 2 * HOUR, '{}', [600, 700])
  const forecasts = new ModelForecasts(db)
  const at = (hour: number, sensor = 'fridge') => forecasts.at(sensor, hour * HOUR)
  expect([0, 0.5, 1, 1.99].map((hour) => at(hour))).toEqual([4, 4, 5, 5])
  expect([2, 3.5].map((hour) => at(hour))).toEqual([60, 70])
  expect([at(4), at(-1), at(0, 'freezer')]).toEqual([undefined, undefined, undefined])
})
