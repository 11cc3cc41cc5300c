import { draws } from './draws.ts'

/** Daily means of one place, as FreshRetailNet has them: millimetres, °C, per cent, metres per second. */
export type Weather = {
  readonly rain: number
  readonly temperature: number
  readonly humidity: number
  readonly wind: number
}

/**
 * Weather of `days` consecutive days: spring turning to summer with spells of a few days (first-order autoregression). Moments as
 * in the FreshRetailNet city: 21.6 ± 3.5 °C over three months, 3.2 ± 3.0 mm, 74.7 ± 5.3 %, 1.6 ± 0.24 m/s.
 */
export function simulateWeather(seed: number, days: number): Weather[] {
  const random = draws(seed, 'weather')
  let warm = random.normal()
  let wet = random.normal()
  let windy = random.normal()
  const round = (value: number) => Math.round(value * 100) / 100
  return Array.from({ length: days }, (_, day) => {
    warm = 0.7 * warm + 0.71 * random.normal()
    wet = 0.6 * wet + 0.8 * random.normal()
    windy = 0.3 * windy + 0.95 * random.normal()
    const season = 22 - 5 * Math.cos((2 * Math.PI * (day + 15)) / 182)
    return {
      rain: round(Math.exp(0.75 + 0.85 * wet)),
      temperature: round(season + 1.6 * warm - 0.6 * wet),
      humidity: round(Math.min(98, Math.max(30, 74.7 + 4.2 * wet + 3 * random.normal()))),
      wind: round(Math.max(0.3, 1.6 + 0.22 * windy)),
    }
  })
}
