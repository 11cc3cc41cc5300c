export { BUNDLE_LIMITS, type Bundle, type BundleFiles, openBundle, packBundle } from './bundle.ts'
export { BundleError, type BundleErrorCode } from './errors.ts'
