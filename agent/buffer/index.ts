export { expireBlocks, RawReader, storeBlock } from './blocks.ts'
export { Buffer, type BufferOptions, type Committed, type SensorHeard } from './buffer.ts'
export { FAULT, MARK, markOf, SeriesEntries } from './entry.ts'
export {
  bufferProcedures,
  dropJournal,
  type JournalPart,
  readDefinitions,
  readJournal,
  sensorsInUse,
} from './journal.ts'
export { bufferMigrations } from './schema.ts'
