export { SourceConfigs } from './config.ts'
export type { AcceptOptions, Intake, Reading, SourcePosition } from './reading.ts'
export type { RefusalCause, RefusalCount } from './refusals.ts'
export { type PushRoute, Sensors, type SensorsOptions, type SourceState } from './sensors.ts'
