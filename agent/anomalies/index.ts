export { Anomalies, type AnomaliesOptions } from './anomalies.ts'
