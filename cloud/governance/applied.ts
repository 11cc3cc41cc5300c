import type { PoolClient } from 'pg'
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { fromCursor, type Page, type PageRequest, toCursor, toPage } from '../platform/paging.ts'

/** What was last applied from files: which documents a set of files owns, as they were then. */
export interface AppliedDocument {
  readonly kind: string
  readonly name: string
  readonly document: unknown
  /** Unix ms. */
  readonly at: number
}

interface DocumentName {
  readonly set: string
  readonly kind: string
  readonly name: string
}

/** Kept here, so that every operator who applies the same files sees what the last one applied. */
export interface AppliedDocuments {
  /** By kind and name. */
  list(set: string, page: PageRequest): Promise<Page<AppliedDocument>>
  get(name: DocumentName, client?: Pick<PoolClient, 'query'>): Promise<AppliedDocument | undefined>
  put(name: DocumentName, document: unknown): Promise<AppliedDocument>
  /** The set owns it no longer. */
  forget(name: DocumentName): Promise<void>
}

const Position = z.tuple([z.string(), z.string()])
const SELECT = 'SELECT kind, name, document, at FROM applied_documents WHERE set_name = $1'

export function appliedDocuments({ database, clock }: { database: Database; clock: Clock }): AppliedDocuments {
  const { pool } = database
  return {
    async list(set, { after, limit }) {
      const position = after === undefined ? ['', ''] : fromCursor(after, Position)
      const { rows } = await pool.query<AppliedDocument>(
        `${SELECT} AND (kind, name) > ($2, $3) ORDER BY kind, name LIMIT $4`,
        [set, ...position, limit + 1],
      )
      return toPage(rows, limit, ({ kind, name }) => toCursor([kind, name]))
    },
    async get({ set, kind, name }, client = pool) {
      const { rows } = await client.query<AppliedDocument>(`${SELECT} AND kind = $2 AND name = $3`, [set, kind, name])
      return rows[0]
    },
    put: ({ set, kind, name }, document) =>
      database.transaction(async (client) => {
        const { rows } = await client.query<AppliedDocument>(
          `INSERT INTO applied_documents (set_name, kind, name, document, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (set_name, kind, name) DO UPDATE SET document = $4, at = $5 RETURNING kind, name, document, at`,
          [set, kind, name, document, clock.now()],
        )
        return rows[0]!
      }),
    forget: ({ set, kind, name }) =>
      database.transaction(async (client) => {
        await client.query('DELETE FROM applied_documents WHERE set_name = $1 AND kind = $2 AND name = $3', [
          ...[set, kind, name],
        ])
      }),
  }
}
