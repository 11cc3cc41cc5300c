import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  bundleTarget,
  DESIRED_KEYS_TARGET,
  DESIRED_TYPE,
  type DesiredState,
  type ModelTarget,
  REVOKED_TARGET,
} from '@storecast/shared/contracts'
import { Key, Metadata, MetaFile, Root, Signature, Snapshot, TargetFile, Targets, Timestamp } from '@tufjs/models'
import { CompactSign } from 'jose'

/** A key pair of one of a repository's signers. */
export interface Signer {
  readonly key: Key
  readonly sign: (bytes: Buffer) => Signature
}

export function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const hex = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('hex')
  const keyID = createHash('sha256').update(hex).digest('hex')
  const key = new Key({ keyID, keyType: 'ed25519', scheme: 'ed25519', keyVal: { public: hex } })
  return { key, sign: (bytes) => new Signature({ keyID, sig: sign(null, bytes, privateKey).toString('hex') }) }
}

/** A key that signs desired states. */
export interface OnlineKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly jwk: object
}

export function makeOnlineKey(): OnlineKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const { kty, crv, x } = publicKey.export({ format: 'jwk' })
  // RFC 7638.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
  return { kid, privateKey, jwk: { kty, crv, x, kid } }
}

export type Role = 'root' | 'targets' | 'snapshot' | 'timestamp'
const ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const
type Signed = Root | Targets | Snapshot | Timestamp

interface Target {
  readonly length: number
  readonly hashes: Record<string, string>
}

const DAY = 86_400_000
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

/**
 * A cloud's models' repository and its desired states, really signed, by keys made for it. Everything is as an honest cloud
 * would write it until a test changes a field; `publish` signs and serves what there is then.
 */
export class SigningCloud {
  readonly signers: Record<Role, Signer[]>
  readonly thresholds: Record<Role, number> = { root: 1, targets: 1, snapshot: 1, timestamp: 1 }
  readonly lifetimes: Record<Role, number> = { root: 365 * DAY, targets: 90 * DAY, snapshot: 7 * DAY, timestamp: DAY }
  readonly versions: Record<Role, number> = { root: 0, targets: 0, snapshot: 0, timestamp: 0 }
  /** Paths that approvers have signed for. */
  readonly targets = new Map<string, Target>()
  readonly online = makeOnlineKey()
  /** The first root, as it is put on a device by hand. */
  readonly firstRoot: Buffer
  /** What the last `publish` served, by file name. */
  readonly served = new Map<string, Buffer>()
  /** Unix milliseconds. */
  now: number
  readonly #put: (path: string, bytes: Uint8Array) => void

  constructor({ put, now = Date.now() }: { put: (path: string, bytes: Uint8Array) => void; now?: number }) {
    this.#put = put
    this.now = now
    this.signers = {
      root: [makeSigner()],
      targets: [makeSigner()],
      snapshot: [makeSigner()],
      timestamp: [makeSigner()],
    }
    this.firstRoot = this.publishRoot()
    this.putTarget(DESIRED_KEYS_TARGET, JSON.stringify({ keys: [this.online.jwk] }))
    this.putTarget(REVOKED_TARGET, JSON.stringify({ versions: [] }))
    this.publish()
  }

  /** The next root, for the keys there are now. @param also signers of the root before it */
  publishRoot(also: readonly Signer[] = []): Buffer {
    const { version, expires } = this.#common('root', this.versions.root + 1)
    const keys = ROLES.flatMap((role) => this.signers[role].map(({ key }) => [key.keyID, key.toJSON()] as const))
    const roleOf = (role: Role) => {
      const keyids = this.signers[role].map(({ key }) => key.keyID)
      return [role, { keyids, threshold: this.thresholds[role] }] as const
    }
    const root = Root.fromJSON({
      ...{ _type: 'root', spec_version: '1.0.31', version, expires, consistent_snapshot: true },
      ...{ keys: Object.fromEntries(keys), roles: Object.fromEntries(ROLES.map(roleOf)) },
    })
    const bytes = this.signed(root, [...this.signers.root, ...also])
    this.#serve(`${this.versions.root}.root.json`, bytes)
    return bytes
  }

  /** Signs what there is as targets, snapshot and timestamp, and serves it. @param from the first that is signed anew */
  publish({ from = 'targets' }: { from?: 'targets' | 'snapshot' | 'timestamp' } = {}): void {
    if (from === 'targets') {
      const targets = new Targets(this.#common('targets', this.versions.targets + 1))
      for (const [path, target] of this.targets) targets.addTarget(new TargetFile({ path, ...target }))
      this.#serve(`${this.versions.targets}.targets.json`, this.signed(targets, this.signers.targets))
    }
    if (from !== 'timestamp') {
      const meta = { 'targets.json': this.#meta('targets') }
      const snapshot = new Snapshot({ ...this.#common('snapshot', this.#nextVersion('snapshot')), meta })
      this.#serve(`${this.versions.snapshot}.snapshot.json`, this.signed(snapshot, this.signers.snapshot))
    }
    const common = this.#common('timestamp', this.#nextVersion('timestamp'))
    const timestamp = new Timestamp({ ...common, snapshotMeta: this.#meta('snapshot') })
    this.#serve('timestamp.json', this.signed(timestamp, this.signers.timestamp))
  }

  /** Approves a model version and publishes that. */
  approve(model: string, { version, bundle }: ModelTarget): void {
    this.targets.set(bundleTarget(model, version), { length: bundle.bytes, hashes: { sha256: bundle.sha256 } })
    this.publish()
  }

  /** A small target, served beside the metadata; it counts once published. */
  putTarget(path: string, content: string): void {
    const digest = sha256(content)
    this.targets.set(path, { length: Buffer.byteLength(content), hashes: { sha256: digest } })
    this.#put(`/v1/tuf/targets/${digest}.${path}`, Buffer.from(content))
  }

  /** The JWS of a desired state. @param key another than the cloud's own */
  desire(state: DesiredState, { kid, privateKey }: OnlineKey = this.online): Promise<string> {
    return new CompactSign(Buffer.from(JSON.stringify(state)))
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: DESIRED_TYPE })
      .sign(privateKey)
  }

  signed(content: Signed, signers: readonly Signer[]): Buffer {
    const metadata = new Metadata(content)
    for (const { sign } of signers) metadata.sign(sign)
    return Buffer.from(JSON.stringify(metadata.toJSON()))
  }

  /** Serves other bytes under a name. */
  serve(file: string, bytes: Uint8Array): void {
    this.#put(`/v1/tuf/metadata/${file}`, bytes)
  }

  /** Serves again what was served under this name when it was noted. */
  replay(past: ReadonlyMap<string, Buffer>): void {
    for (const [file, bytes] of past) this.serve(file, bytes)
  }

  #serve(file: string, bytes: Buffer): void {
    this.served.set(file, bytes)
    this.serve(file, bytes)
  }

  #common(role: Role, version: number) {
    this.versions[role] = version
    return { version, specVersion: '1.0.31', expires: new Date(this.now + this.lifetimes[role]).toISOString() }
  }

  #nextVersion(role: Role): number {
    return Math.max(this.versions[role] + 1, Math.floor(this.now / 1000))
  }

  #meta(role: 'targets' | 'snapshot'): MetaFile {
    const version = this.versions[role]
    const bytes = this.served.get(`${version}.${role}.json`)!
    return new MetaFile({ version, length: bytes.length, hashes: { sha256: sha256(bytes) } })
  }
}
