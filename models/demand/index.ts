export type { DemandRows } from './rows.ts'
export { type DeviceForecast, simulateDevices } from './simulate.ts'
export { asMetrics, type DemandPhase, trainDemand } from './train.ts'
