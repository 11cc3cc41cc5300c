export { checkFusion, NotFusedError } from './fusion-check.ts'
export { quantize } from './quantize.ts'
