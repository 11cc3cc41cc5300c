import type { Pool, PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import { lock } from '../platform/locks.ts'
import { type Pair, signedRoot, signedTargets } from './decide.ts'
import type { OperatorRole, Role } from './metadata.ts'

/** The tables of signed metadata, inside one transaction. */
export interface TrustStore {
  /** The newest root and targets. */
  inForce(): Promise<Pair>
  drafts(): Promise<Pair>
  newest(role: Role): Promise<StoredVersion | undefined>
  version(role: Role, version: number): Promise<Buffer | undefined>
  add(role: Role, version: number, content: Buffer, expiresAt: number): Promise<void>
  /** @param draft undefined: there is none any more. */
  setDraft(role: OperatorRole, draft: Buffer | undefined): Promise<void>
  addTargets(files: ReadonlyMap<string, Buffer>, digest: (bytes: Buffer) => string): Promise<void>
  /** Small targets by their digest, those that are there. */
  targets(digests: readonly string[]): Promise<Map<string, Buffer>>
}

interface StoredVersion {
  readonly version: number
  readonly content: Buffer
  readonly expiresAt: number
  readonly createdAt: number
}

/** One writer at a time of all clouds on a database. */
export const lockTrust = (client: PoolClient): Promise<void> => lock(client, 'trust')

export function trustStore(client: Pool | PoolClient, clock: Clock): TrustStore {
  const newest = async (role: Role): Promise<StoredVersion | undefined> => {
    const { rows } = await client.query<StoredVersion>(
      `SELECT version, content, expires_at AS "expiresAt", created_at AS "createdAt" FROM trust_metadata
       WHERE role = $1 ORDER BY version DESC LIMIT 1`,
      [role],
    )
    return rows[0]
  }
  const draft = async (role: OperatorRole): Promise<Buffer | undefined> => {
    const { rows } = await client.query<{ content: Buffer }>('SELECT content FROM trust_drafts WHERE role = $1', [role])
    return rows[0]?.content
  }
  const pair = (root: Buffer | undefined, targets: Buffer | undefined): Pair => ({
    root: root && signedRoot(root),
    targets: targets && signedTargets(targets),
  })
  return {
    newest,
    inForce: async () => pair((await newest('root'))?.content, (await newest('targets'))?.content),
    drafts: async () => pair(await draft('root'), await draft('targets')),
    async version(role, version) {
      const { rows } = await client.query<{ content: Buffer }>(
        'SELECT content FROM trust_metadata WHERE role = $1 AND version = $2',
        [role, version],
      )
      return rows[0]?.content
    },
    async add(role, version, content, expiresAt) {
      await client.query(
        'INSERT INTO trust_metadata (role, version, content, expires_at, created_at) VALUES ($1, $2, $3, $4, $5)',
        [role, version, content, expiresAt, clock.now()],
      )
    },
    async setDraft(role, draft) {
      await client.query('DELETE FROM trust_drafts WHERE role = $1', [role])
      if (!draft) return
      await client.query('INSERT INTO trust_drafts (role, content, updated_at) VALUES ($1, $2, $3)', [
        role,
        draft,
        clock.now(),
      ])
    },
    async addTargets(files, digest) {
      for (const [name, content] of files) {
        await client.query(
          'INSERT INTO trust_targets (sha256, name, content) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
          [digest(content), name, content],
        )
      }
    },
    async targets(digests) {
      const { rows } = await client.query<{ sha256: string; content: Buffer }>(
        'SELECT sha256, content FROM trust_targets WHERE sha256 = ANY($1)',
        [digests],
      )
      return new Map(rows.map(({ sha256, content }) => [sha256, content]))
    },
  }
}
