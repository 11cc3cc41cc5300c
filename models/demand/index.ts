export { referenceOf } from './distribution.ts'
export type { DemandRows } from './rows.ts'
export { type DeviceForecast, simulateDevices } from './simulate.ts'
export { asMetrics, type DemandPhase, type TrainedDemand, trainDemand } from './train.ts'
