export { type LinkStatus, Sync, type SyncOptions } from './sync.ts'
