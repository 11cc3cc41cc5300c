import type { CatalogueDocument, CovariatesDocument, SensorDefinition, WindowRecord } from '@storecast/shared/contracts'
import { toSteps } from '@storecast/shared/windows'
import { Features } from '../features/index.ts'
import { DemandForecasts } from '../forecasts/demand-forecast.ts'
import { forecastsOf, lastRun, type StoredForecast } from '../forecasts/runs.ts'
import { type BundleFile, Models } from '../inference/index.ts'
import { openStorage } from './storage.ts'

export interface ForecastingSiteOptions {
  readonly folder: string
  readonly now: number
  readonly sensors: readonly SensorDefinition[]
  readonly catalogue: CatalogueDocument
  readonly covariates: CovariatesDocument
  readonly bundle: BundleFile
}

/** A value in its sensor's unit. */
export interface SiteReading {
  readonly sensor: string
  readonly entity: string
  readonly at: number
  readonly value: number
  readonly id?: string
}

export interface ForecastingSite extends AsyncDisposable {
  /** Readings come in, the clock says `until`, and windows up to then are closed. */
  live(readings: readonly SiteReading[], until: number): Promise<void>
  /** Forecasts as the schedule would at that time, and scores what came before. */
  forecast(issuedAt: number): Promise<readonly StoredForecast[]>
  /** Windows of a sensor, or of what the device measured of itself. */
  windows(sensor: string): WindowRecord[]
}

/** The stages from readings to stored forecasts of one model, as `pipeline.ts` connects them. */
export async function openForecastingSite(options: ForecastingSiteOptions): Promise<ForecastingSite> {
  const { folder, now, sensors, catalogue, covariates, bundle } = options
  await using stack = new AsyncDisposableStack()
  const storage = stack.use(await openStorage(folder, { now, timeZone: catalogue.timeZone }))
  const { buffer, windows, clock, db } = storage
  await buffer.define(sensors)
  const features = stack.use(new Features(storage))
  features.start()
  features.apply(catalogue)
  features.apply(covariates)
  const models = stack.use(new Models({ dataDirectory: folder }))
  await models.activate(bundle)
  const model = (await models.serving(bundle.model))!
  const demand = new DemandForecasts({ ...storage, features })
  const resolutions = new Map(sensors.map(({ name, resolution }) => [name, resolution]))

  const owned = stack.move()
  return {
    async live(readings, until) {
      const stored = readings.map(({ at, value, ...reading }) => {
        const steps = toSteps(value, resolutions.get(reading.sensor)!)
        return { ...reading, time: at, value: steps, outOfRange: false }
      })
      await buffer.accept(stored, { urgent: true })
      clock.advance(until - clock.now())
      await windows.closeUntil(until)
    },
    async forecast(issuedAt) {
      await demand.run(model, issuedAt)
      await demand.storeScores()
      return [...forecastsOf(db, lastRun(db, bundle.model)!)]
    },
    windows: (sensor) => [...windows.read({ sensor, from: 0, to: Number.MAX_SAFE_INTEGER })],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
