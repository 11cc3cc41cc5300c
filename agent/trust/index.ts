export type { BundleTarget } from './approval.ts'
export { TrustError } from './errors.ts'
export { openTrustGate, type TrustGate, type TrustGateOptions, type TrustStatus } from './gate.ts'
