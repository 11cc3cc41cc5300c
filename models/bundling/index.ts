export { assembleBundle } from './assemble.ts'
export { type DraftOptions, demandDraft } from './demand-draft.ts'
export { checkGolden, type GoldenCheck } from './golden.ts'
export { sensorDraft } from './sensor-draft.ts'
