export { DEVICE_GRANTS, grantsOf, PERMISSIONS, type Permission } from './permissions.ts'
export type { Person, Principal } from './principal.ts'
