import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { NotFoundError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import { type Pair, ripe } from './decide.ts'
import type { Signer } from './keys.ts'
import { type OperatorRole, type Role, targetsOf } from './metadata.ts'
import type { OnlineKeys } from './online-keys.ts'
import { type Standings, type Submission, standingsOf, takeSubmission } from './push.ts'
import { signOnline } from './sign-online.ts'
import { lockTrust, type TrustStore, trustStore } from './store.ts'

export interface Repository {
  /**
   * Judges metadata as a device would, and brings it into force or keeps it as a draft; all of it or nothing.
   * @throws InvalidError, ConflictError or ForbiddenError with what a device would refuse it for.
   */
  push(submission: Submission): Promise<Standings>
  /**
   * Signs snapshot and timestamp anew where half their life is over.
   * @param anew both, whatever their age: after a start, since this may be a restored copy of an older repository.
   */
  renew(anew?: boolean): Promise<void>
  /** Metadata by the name that devices ask for: `2.root.json`, `timestamp.json`. @throws NotFoundError `metadata-unknown`. */
  metadata(file: string): Promise<Buffer>
  /** A small target, `{sha256}.{name}`. @throws NotFoundError `target-unknown`. */
  target(file: string): Promise<Buffer>
  inForce(): Promise<Pair & { readonly files: ReadonlyMap<string, Buffer> }>
  /** Versions and expiry (Unix ms) of what the cloud signs. */
  online(): Promise<Readonly<Record<'snapshot' | 'timestamp', Expiring | null>>>
  /** What is being signed. */
  standings(): Promise<Standings>
  /** Metadata that is being signed. */
  drafts(): Promise<Pair>
  /** Metadata that is being signed, and the files it signs for. @throws NotFoundError `draft-unknown`. */
  draft(role: OperatorRole): Promise<Buffer>
  /** @throws NotFoundError `draft-unknown`. */
  discardDraft(role: OperatorRole): Promise<void>
}

interface Expiring {
  readonly version: number
  readonly expires: number
}

interface RepositoryOptions {
  readonly database: Database
  readonly keys: OnlineKeys
  /** Signs the operators' first root in the name of the development root that it follows. */
  readonly handOver?: Signer | undefined
  readonly clock: Clock
  readonly log: Log
}

/** A repository of The Update Framework in PostgreSQL: consistent snapshots, no delegated roles. */
export function createRepository({ database, keys, handOver, clock, log }: RepositoryOptions): Repository {
  const keyIds = {
    snapshot: keys.snapshot.key.keyID,
    timestamp: keys.timestamp.key.keyID,
    desired: keys.desired.public,
  }
  const reading = () => trustStore(database.pool, clock)
  const sign = (store: TrustStore, anew: boolean) => signOnline({ store, keys, keyIds, anew, now: clock.now(), log })

  return {
    async push(submission) {
      const { standings, published } = await database.transaction(async (client) => {
        await lockTrust(client)
        const store = trustStore(client, clock)
        const taken = await takeSubmission({ store, submission, keyIds, handOver, now: clock.now() })
        if (taken.published.length > 0) await sign(store, true)
        return taken
      })
      for (const { role, version } of published) log.info({ role, version }, 'signed metadata is in force')
      return standings
    },
    renew: (anew = false) =>
      database.transaction(async (client) => {
        await lockTrust(client)
        await sign(trustStore(client, clock), anew)
      }),
    async metadata(file) {
      const store = reading()
      const { version, role } =
        /^(?<version>[1-9]\d{0,14})\.(?<role>root|targets|snapshot)\.json$/.exec(file)?.groups ?? {}
      const found =
        file === 'timestamp.json'
          ? (await store.newest('timestamp'))?.content
          : role && (await store.version(role as Role, Number(version)))
      if (found) return found
      throw new NotFoundError({
        code: 'metadata-unknown',
        message: `There is no metadata ${file} in force here. GET /v1/trust tells which versions are.`,
      })
    },
    async target(file) {
      const { digest, name } = /^(?<digest>[0-9a-f]{64})\.(?<name>[a-z-]+\.json)$/.exec(file)?.groups ?? {}
      const found = digest && name && (await reading().targets([digest])).get(digest)
      if (found) return found
      throw new NotFoundError({
        code: 'target-unknown',
        message: `There is no target ${file}. Small targets are named by the targets metadata; bundles are at /v1/objects/{sha256}.`,
      })
    },
    async inForce() {
      const store = reading()
      const inForce = await store.inForce()
      const digests = inForce.targets ? targetsOf(inForce.targets.metadata) : []
      const bytes = await store.targets(digests.map((target) => target.sha256))
      const files = new Map(
        digests.flatMap(({ path, sha256 }) => (bytes.has(sha256) ? [[path, bytes.get(sha256)!]] : [])),
      )
      return { ...inForce, files }
    },
    async online() {
      const store = reading()
      const expiring = async (role: Role) => {
        const found = await store.newest(role)
        return found ? { version: found.version, expires: found.expiresAt } : null
      }
      return { snapshot: await expiring('snapshot'), timestamp: await expiring('timestamp') }
    },
    async standings() {
      const store = reading()
      const [inForce, drafts] = [await store.inForce(), await store.drafts()]
      return standingsOf(inForce, drafts, ripe(inForce, drafts))
    },
    drafts: () => reading().drafts(),
    async draft(role) {
      return (await reading().drafts())[role]?.bytes ?? unknownDraft(role)
    },
    discardDraft: (role) =>
      database.transaction(async (client) => {
        await lockTrust(client)
        const store = trustStore(client, clock)
        if (!(await store.drafts())[role]) unknownDraft(role)
        await store.setDraft(role, undefined)
      }),
  }
}

function unknownDraft(role: OperatorRole): never {
  throw new NotFoundError({
    code: 'draft-unknown',
    message: `No ${role} metadata waits for signatures. "storecast trust status" shows what is in force.`,
  })
}
