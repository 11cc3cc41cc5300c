/** What people sign with, away from any cloud: metadata, and how devices judge it. No database, no network. */
export { readRevoked } from './decide.ts'
export { publicTufKey, type Signer, signerOf } from './keys.ts'
export {
  addSignatures,
  composeRoot,
  composeTargets,
  expiryOf,
  isDevelopment,
  metadataBytes,
  nextVersion,
  type OperatorRole,
  parseRoot,
  parseTargets,
  type Role,
  type RoleKeys,
  type RootMetadata,
  roleKeys,
  sha256,
  type TargetsMetadata,
  targetsOf,
} from './metadata.ts'
export type { Standings } from './push.ts'
export type { TrustStatus } from './status.ts'
export { isSigned, requireRootForm, requireTargetsForm, rootIsSigned, signedBy } from './verify.ts'
