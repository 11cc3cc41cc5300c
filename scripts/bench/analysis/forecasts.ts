import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A model to train, and to forecast every shop's days with. */
export interface Variant {
  readonly seeds: readonly number[]
  /** Days of the data set that it is trained on. */
  readonly trainedDays: number
  /** Another network, that sees neither what is known ahead nor who the shop is: past sales alone. */
  readonly pastSalesOnly?: boolean
}

/** Forecasts in units, a row each: the point and the interval around it. */
export interface Forecasts {
  readonly lower: Float64Array
  readonly point: Float64Array
  readonly upper: Float64Array
}

/**
 * Forecasts of every shop's products over the days evaluated, calibrated as on a device: p10, p50 and p90. The rows are the
 * same for every variant.
 */
export interface ShopForecasts extends Forecasts {
  readonly days: number
  readonly shops: number
  /** [M], from 0. */
  readonly shop: Uint8Array
  readonly day: Uint8Array
  readonly actual: Float64Array
  readonly censored: Uint8Array
}

export interface ForecastOrder {
  readonly data: string
  readonly variant: Variant
  /** First day evaluated; all after it are. */
  readonly from: number
}

const PROGRAM = fileURLToPath(new URL('./forecast-program.ts', import.meta.url))

/**
 * Trains the product's demand model as the variant says, and forecasts as devices do, each midnight, shop by shop: in a
 * process of its own, so that variants are made side by side.
 */
export async function forecastShops(order: ForecastOrder): Promise<ShopForecasts> {
  const child = fork(PROGRAM, [], { serialization: 'advanced', env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' } })
  try {
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`analysis: training ended with exit code ${code} and no forecasts`)
    })
    child.send(order)
    const [forecasts] = (await Promise.race([once(child, 'message'), ended])) as [ShopForecasts]
    return forecasts
  } finally {
    child.kill()
  }
}
