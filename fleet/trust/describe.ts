import {
  expiryOf,
  type Role,
  type RootMetadata,
  readRevoked,
  roleKeys,
  type TargetsMetadata,
  targetsOf,
} from '@storecast/cloud/trust'
import { DESIRED_KEYS_TARGET, DesiredKeys } from '@storecast/shared/contracts'
import { smallFiles } from './ceremony.ts'

/** What a signature would change, for the person who is about to make it. One line a fact. */

export function describeRoot(before: RootMetadata | undefined, after: RootMetadata): string[] {
  const lines = [`root version ${after.signed.version}, expires ${day(expiryOf(after))}`]
  for (const role of ['root', 'targets', 'snapshot', 'timestamp'] as const) {
    const { threshold } = roleKeys(after, role)
    const [now, then] = [idsOf(after, role), before ? idsOf(before, role) : []]
    const who = role === 'root' || role === 'targets' ? 'signed by' : 'signed by the cloud with'
    lines.push(`  ${role.padEnd(9)} ${who} ${threshold} of ${now.length}`)
    for (const id of now) lines.push(`    ${then.includes(id) ? ' ' : '+'} ${id}`)
    for (const id of then.filter((one) => !now.includes(one))) lines.push(`    - ${id}`)
  }
  return lines
}

const idsOf = (root: RootMetadata, role: Role) => roleKeys(root, role).keys.map((key) => key.keyID)

/** @param kept the small targets of both by digest */
export function describeTargets(
  before: TargetsMetadata | undefined,
  after: TargetsMetadata,
  kept: ReadonlyMap<string, Buffer>,
): string[] {
  const lines = [`targets version ${after.signed.version}, expires ${day(expiryOf(after))}`]
  const [now, then] = [targetsOf(after), before ? targetsOf(before) : []]
  const is = (path: string) => path.endsWith('.bundle')
  for (const { path, sha256, length } of now) {
    const known = then.find((one) => one.path === path)
    if (known?.sha256 === sha256) continue
    lines.push(`  ${known ? '~' : '+'} ${path}  ${length} bytes  sha256 ${sha256}`)
  }
  for (const { path } of then) if (!now.some((one) => one.path === path)) lines.push(`  - ${path}`)
  const keysIn = (targets: TargetsMetadata | undefined) =>
    targets ? DesiredKeys.parse(JSON.parse(smallFiles(targets, kept).get(DESIRED_KEYS_TARGET)!.toString())).keys : []
  const keysBefore = keysIn(before).map(({ kid }) => kid)
  for (const { kid } of keysIn(after)) {
    if (!keysBefore.includes(kid)) lines.push(`  desired states signed by the cloud with ${kid}`)
  }
  const revokedIn = (targets: TargetsMetadata | undefined) =>
    targets ? readRevoked(smallFiles(targets, kept)).versions : []
  const name = ({ model, version }: { model: string; version: number }) => `${model}@${version}`
  const [revoked, known] = [revokedIn(after), revokedIn(before).map(name)]
  for (const one of revoked) if (!known.includes(name(one))) lines.push(`  revokes ${name(one)}: ${one.reason}`)
  for (const one of known) if (!revoked.some((other) => name(other) === one)) lines.push(`  no longer revokes ${one}`)
  lines.push(`  ${now.filter(({ path }) => is(path)).length} versions approved in all, ${revoked.length} revoked`)
  return lines
}

export const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
