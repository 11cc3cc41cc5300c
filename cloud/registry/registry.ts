import { BUNDLE_LIMITS, type Bundle, BundleError, openBundle } from '@storecast/shared/bundle'
import type { Manifest, ObjectRef } from '@storecast/shared/contracts'
import { decisionComplaint } from '@storecast/shared/decisions/rule'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { InvalidError, NotFoundError } from '../platform/errors.ts'
import type { Content, Objects } from '../platform/objects.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import type { BundleVersion } from '../trust/index.ts'
import { parseModelUri } from './uri.ts'

/** What brought a version here. */
type VersionSource = { readonly kind: 'upload' } | { readonly kind: 'training'; readonly run: string }

/** Never changes once registered, but for its tags. */
export interface ModelVersion {
  readonly model: string
  readonly version: number
  readonly bundle: ObjectRef
  readonly manifest: Manifest
  readonly source: VersionSource
  readonly tags: Readonly<Record<string, string>>
  /** Names that point to this version now. */
  readonly aliases: string[]
  readonly createdAt: number
}

interface Model {
  readonly name: string
  readonly versions: number
  readonly aliases: Readonly<Record<string, number>>
  readonly createdAt: number
}

interface AliasChange {
  readonly alias: string
  readonly version: number | null
  readonly previous: number | null
  readonly reason: string
  readonly at: number
}

export interface Registry {
  /**
   * Stores a bundle as the model's next version. The same bytes again give the version they have.
   * @throws TooLargeError, InvalidError with the bundle's own code (`not-a-bundle`, `digest-mismatch`, …) or
   *   `model-name` where the bundle is of another model, or what `admit` throws.
   */
  register(options: {
    model: string
    content: Content
    source: VersionSource
    tags?: Readonly<Record<string, string>>
  }): Promise<ModelVersion>
  /** @throws InvalidError `model-uri`, NotFoundError `model-unknown`, `version-unknown`, `alias-unknown`. */
  resolve(uri: string): Promise<ModelVersion>
  model(name: string, client?: Pick<PoolClient, 'query'>): Promise<Model>
  models(page: PageRequest): Promise<Page<Model>>
  /** Newest first. */
  versions(model: string, page: PageRequest): Promise<Page<ModelVersion>>
  version(model: string, version: number, client?: Pick<PoolClient, 'query'>): Promise<ModelVersion>
  /** Whether the object is a version's bundle. */
  hasBundle(sha256: string): Promise<boolean>
  /** Every version of every model, without what describes it. */
  everyVersion(): Promise<BundleVersion[]>
  setTags(model: string, version: number, tags: Readonly<Record<string, string>>): Promise<ModelVersion>
  /** Points the alias to the version, or to none, and writes it down; `client` makes it part of a transaction. */
  setAlias(change: AliasSetting, client?: PoolClient): Promise<void>
  /** Newest first; pages by number. */
  aliasHistory(model: string, page: PageRequest): Promise<Page<AliasChange>>
}

interface AliasSetting {
  readonly model: string
  readonly alias: string
  readonly version: number | null
  readonly reason: string
}

const VERSIONS = `
  SELECT v.model, v.version, jsonb_build_object('sha256', v.sha256, 'bytes', v.bytes) AS bundle, v.manifest, v.source,
    v.tags, v.created_at AS "createdAt",
    ARRAY(SELECT alias FROM model_aliases a WHERE a.model = v.model AND a.version = v.version ORDER BY alias) AS aliases
  FROM model_versions v`
const MODELS = `
  SELECT m.name, m.created_at AS "createdAt",
    (SELECT count(*)::int4 FROM model_versions v WHERE v.model = m.name) AS versions,
    (SELECT coalesce(jsonb_object_agg(alias, version), '{}') FROM model_aliases a WHERE a.model = m.name) AS aliases
  FROM models m`

interface RegistryOptions {
  readonly database: Database
  readonly objects: Objects
  readonly clock: Clock
  /** Asked before anything of a bundle is kept; throws to refuse it. */
  readonly admit?: (
    candidate: Pick<Bundle, 'manifest' | 'golden'> & {
      readonly bytes: number
      readonly source: VersionSource
      readonly tags: Readonly<Record<string, string>>
    },
  ) => Promise<void>
  /** Awaited before a registered version is answered for; a version that is known already comes again. */
  readonly onRegistered?: (version: ModelVersion) => Promise<void>
}

export function createRegistry({ database, objects, clock, admit, onRegistered }: RegistryOptions): Registry {
  const { pool } = database

  const model = async (name: string, client: Pick<PoolClient, 'query'> = pool): Promise<Model> => {
    const { rows } = await client.query<Model>(`${MODELS} WHERE m.name = $1`, [name])
    return rows[0] ?? unknownModel(name)
  }
  const version = async (name: string, number: number, client: Pick<PoolClient, 'query'> = pool) => {
    const { rows } = await client.query<ModelVersion>(`${VERSIONS} WHERE v.model = $1 AND v.version = $2`, [
      name,
      number,
    ])
    if (rows[0]) return rows[0]
    const { versions } = await model(name, client)
    return unknownVersion(name, number, versions)
  }

  return {
    model,
    version,
    async register({ model: name, content, source, tags = {} }) {
      let manifest: Manifest | undefined
      const stored = await objects.put(content, BUNDLE_LIMITS.archive, async (bytes) => {
        const opened = requireBundle(bytes, name)
        manifest = opened.manifest
        await admit?.({ ...opened, bytes: bytes.byteLength, source, tags })
      })
      const number = await database.transaction(async (client) => {
        await client.query(
          'INSERT INTO models (name, last_version, created_at) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING',
          [name, clock.now()],
        )
        // The model's row is the queue: two uploads at once get two numbers, the same bytes twice get one.
        await client.query('SELECT 1 FROM models WHERE name = $1 FOR UPDATE', [name])
        const known = await client.query<{ version: number }>(
          'SELECT version FROM model_versions WHERE model = $1 AND sha256 = $2',
          [name, stored.sha256],
        )
        if (known.rows[0]) return known.rows[0].version
        const next = await client.query<{ last_version: number }>(
          'UPDATE models SET last_version = last_version + 1 WHERE name = $1 RETURNING last_version',
          [name],
        )
        const number = next.rows[0]!.last_version
        await client.query(
          `INSERT INTO model_versions (model, version, sha256, bytes, manifest, source, tags, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [name, number, stored.sha256, stored.bytes, manifest, source, tags, clock.now()],
        )
        return number
      })
      const registered = await version(name, number)
      await onRegistered?.(registered)
      return registered
    },
    async hasBundle(sha256) {
      return (await pool.query('SELECT 1 FROM model_versions WHERE sha256 = $1 LIMIT 1', [sha256])).rows.length > 0
    },
    async everyVersion() {
      const { rows } = await pool.query<BundleVersion>(
        `SELECT model, version, jsonb_build_object('sha256', sha256, 'bytes', bytes) AS bundle FROM model_versions
         ORDER BY model, version`,
      )
      return rows
    },
    async resolve(uri) {
      const ref = parseModelUri(uri)
      if ('version' in ref) return version(ref.model, ref.version)
      const { aliases } = await model(ref.model)
      const number = aliases[ref.alias]
      if (number !== undefined) return version(ref.model, number)
      throw new NotFoundError({
        code: 'alias-unknown',
        message: `Model ${ref.model} has no alias "${ref.alias}"; it has ${Object.keys(aliases).join(', ') || 'none yet'}. Set one with PUT /v1/models/${ref.model}/aliases/${ref.alias}.`,
      })
    },
    async models({ after = '', limit }) {
      const { rows } = await pool.query<Model>(`${MODELS} WHERE m.name > $1 ORDER BY m.name LIMIT $2`, [
        after,
        limit + 1,
      ])
      return toPage(rows, limit, (row) => row.name)
    },
    async versions(name, { after, limit }) {
      await model(name)
      const { rows } = await pool.query<ModelVersion>(
        `${VERSIONS} WHERE v.model = $1 AND ($2::int4 IS NULL OR v.version < $2) ORDER BY v.version DESC LIMIT $3`,
        [name, after ?? null, limit + 1],
      )
      return toPage(rows, limit, (row) => String(row.version))
    },
    async setTags(name, number, tags) {
      return database.transaction(async (client) => {
        await client.query('UPDATE model_versions SET tags = $3 WHERE model = $1 AND version = $2', [
          name,
          number,
          tags,
        ])
        return version(name, number, client)
      })
    },
    async setAlias(change, client) {
      const set = (client: PoolClient) => setAlias(client, change, clock.now())
      await (client ? set(client) : database.transaction(set))
    },
    async aliasHistory(name, { after, limit }) {
      await model(name)
      const { rows } = await pool.query<AliasChange & { id: number }>(
        `SELECT id, alias, version, previous, reason, at FROM model_alias_history
         WHERE model = $1 AND ($2::int8 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
        [name, after ?? null, limit + 1],
      )
      const page = toPage(rows, limit, (row) => String(row.id))
      return { ...page, items: page.items.map(({ id: _, ...change }) => change) }
    },
  }
}

async function setAlias(client: PoolClient, { model, alias, version, reason }: AliasSetting, now: number) {
  const { rows } = await client.query<{ last_version: number }>(
    'SELECT last_version FROM models WHERE name = $1 FOR UPDATE',
    [model],
  )
  const found = rows[0] ?? unknownModel(model)
  const known = await client.query('SELECT 1 FROM model_versions WHERE model = $1 AND version = $2', [model, version])
  if (version !== null && known.rowCount === 0) unknownVersion(model, version, found.last_version)
  const before = await client.query<{ version: number }>(
    'SELECT version FROM model_aliases WHERE model = $1 AND alias = $2',
    [model, alias],
  )
  const previous = before.rows[0]?.version ?? null
  if (previous === version) return
  if (version === null) {
    await client.query('DELETE FROM model_aliases WHERE model = $1 AND alias = $2', [model, alias])
  } else {
    await client.query(
      `INSERT INTO model_aliases (model, alias, version, updated_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (model, alias) DO UPDATE SET version = $3, updated_at = $4`,
      [model, alias, version, now],
    )
  }
  await client.query(
    `INSERT INTO model_alias_history (model, alias, version, previous, reason, at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [model, alias, version, previous, reason, now],
  )
}

/** The gate: what is registered was opened whole, digests and schemas included. */
function requireBundle(bytes: Uint8Array, model: string): Pick<Bundle, 'manifest' | 'golden'> {
  try {
    const { manifest, golden } = openBundle(bytes)
    const { name } = manifest.definition.metadata
    requireDecision(manifest)
    if (name === model) return { manifest, golden }
    throw new InvalidError({
      code: 'model-name',
      message: `The bundle is of model "${name}" and was sent for "${model}". Send it to /v1/models/${name}/versions.`,
    })
  } catch (error) {
    if (!(error instanceof BundleError)) throw error
    throw new InvalidError({
      code: error.code,
      message: `${error.message}. Build it again with storecast model train, and send it whole.`,
      cause: error,
    })
  }
}

/** An expression that no device could evaluate is told to who sent it, not to the devices. */
function requireDecision({ definition: { spec } }: Manifest): void {
  const complaint = spec.decision && decisionComplaint(spec.decision, spec.quantiles)
  if (complaint === undefined) return
  throw new InvalidError({
    code: 'decision',
    message: `spec.decision.when of the model's definition cannot be evaluated: ${complaint}. Change it and train again.`,
  })
}

function unknownModel(name: string): never {
  throw new NotFoundError({
    code: 'model-unknown',
    message: `There is no model ${name}. Upload a bundle with POST /v1/models/${name}/versions.`,
  })
}

function unknownVersion(name: string, version: number, last: number): never {
  throw new NotFoundError({
    code: 'version-unknown',
    message: `Model ${name} has no version ${version}; its versions go up to ${last}.`,
  })
}
