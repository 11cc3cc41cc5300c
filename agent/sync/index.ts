export { CloudTime } from './cloud-time.ts'
export { ReadingTraces } from './reading-traces.ts'
export { type LinkStatus, Sync, type SyncOptions } from './sync.ts'
