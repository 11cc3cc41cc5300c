export { makeSupportBundle } from './bundle.ts'
export { redactText } from './redact.ts'
export { Support } from './support.ts'
