export { accumulate } from './accumulate.ts'
export {
  applyCalibration,
  type CalibrationState,
  calibrate,
  type Forecasts,
  fitCalibration,
  type ScoredDay,
} from './calibrate.ts'
export { middleOf } from './levels.ts'
export { type ScoredForecast, type Scores, score } from './score.ts'
export { seasonalNaive } from './seasonal-naive.ts'
export { warmupDays } from './warmup.ts'
