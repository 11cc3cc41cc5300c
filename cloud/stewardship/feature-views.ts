import type { Dataset, ModelDefinition, WindowSize } from '@storecast/shared/contracts'
import { DAILY_HISTORY_DAYS, type FeatureOrigin, featureOrigins } from '@storecast/shared/features'
import type { Pool } from 'pg'
import { NotFoundError } from '../platform/errors.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'

type View = ModelDefinition['spec']['view']

/** What a model sees, as its champion defines it; without a champion, as its newest version does. */
export interface CataloguedView {
  /** Of the model: data sets name the view so. */
  readonly name: string
  readonly description: string
  /** Whose definition it is. */
  readonly version: number
  readonly champion: number | null
  readonly kind: View['kind']
  /** What one row is about. */
  readonly entity: 'product' | 'site'
  /** Span of one step, and how many of them it looks back on. */
  readonly step: WindowSize
  readonly history: number
  /** That it reads. */
  readonly sensors: string[]
  /** That have to be known ahead. */
  readonly covariates: string[]
  readonly features: CataloguedFeature[]
  /** That name it, by name. */
  readonly datasets: NamingDataset[]
}

interface CataloguedFeature extends Omit<FeatureOrigin, 'sensors' | 'covariates' | 'attributes'> {
  readonly sensors: string[]
  readonly covariates: string[]
  readonly attributes: string[]
}

interface NamingDataset {
  readonly name: string
  readonly owner: string
  readonly steward: string
  readonly sensitivity: Dataset['spec']['sensitivity']
}

export interface FeatureViews {
  /** By name. @param query `sensor`: those that read it */
  list(query: PageRequest & { readonly sensor?: string | undefined }): Promise<Page<CataloguedView>>
  /** @throws NotFoundError `feature-view-unknown`. */
  get(name: string): Promise<CataloguedView>
}

interface Row {
  readonly name: string
  readonly version: number
  readonly champion: number | null
  readonly definition: ModelDefinition
  /** Columns of the model, as its manifest has them. */
  readonly features: readonly string[]
  readonly sets: readonly { readonly name: string; readonly spec: Dataset['spec'] }[]
}

/** Channels `*` are those that the model was trained on. */
const READS = `(view->>'target' = $3 OR view->>'censoredBy' = $3
  OR CASE view->'channels' WHEN '"*"' THEN v.manifest->'features' ELSE view->'channels' END ? $3)`

const VIEWS = `
  SELECT m.name, v.version, a.version AS champion, v.manifest->'definition' AS definition, v.manifest->'features' AS features,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('name', d.name, 'spec', d.document->'spec') ORDER BY d.name), '[]')
     FROM datasets d WHERE d.document->'spec'->'featureViews' ? m.name) AS sets
  FROM models m LEFT JOIN model_aliases a ON a.model = m.name AND a.alias = 'champion'
  JOIN model_versions v ON v.model = m.name AND v.version = coalesce(a.version, m.last_version)
  CROSS JOIN LATERAL (SELECT v.manifest->'definition'->'spec'->'view' AS view) of
  WHERE ($1::text IS NULL OR m.name > $1) AND ($2::text IS NULL OR m.name = $2) AND ($3::text IS NULL OR ${READS})
  ORDER BY m.name LIMIT $4`

export function createFeatureViews(pool: Pool): FeatureViews {
  const read = async (
    values: readonly [after: string | null, name: string | null, sensor: string | null, limit: number],
  ) => (await pool.query<Row>(VIEWS, [...values])).rows.map(viewOf)
  return {
    async list({ after, limit, sensor }) {
      const found = await read([after ?? null, null, sensor ?? null, limit + 1])
      return toPage(found, limit, ({ name }) => name)
    },
    async get(name) {
      const [found] = await read([null, name, null, 1])
      return found ?? unknownView(name)
    },
  }
}

function viewOf({ name, version, champion, definition, features, sets }: Row): CataloguedView {
  const { view } = definition.spec
  const origins = featureOrigins(view, features)
  const all = (of: 'sensors' | 'covariates') => [...new Set(origins.flatMap((one) => one[of]))]
  return {
    ...{ name, description: definition.metadata.description, version, champion, kind: view.kind, ...shapeOf(view) },
    sensors: all('sensors'),
    covariates: all('covariates'),
    features: origins.map(({ sensors, covariates, attributes, ...rest }) => {
      return { ...rest, sensors: [...sensors], covariates: [...covariates], attributes: [...attributes] }
    }),
    datasets: sets.map(({ name, spec: { owner, steward = owner, sensitivity } }) => {
      return { name, owner, steward, sensitivity }
    }),
  }
}

const shapeOf = (view: View): Pick<CataloguedView, 'entity' | 'step' | 'history'> =>
  view.kind === 'daily-demand'
    ? { entity: 'product', step: '1d', history: DAILY_HISTORY_DAYS }
    : { entity: 'site', step: view.step, history: view.context }

function unknownView(name: string): never {
  throw new NotFoundError({
    code: 'feature-view-unknown',
    message: `There is no feature view ${name}: no model of this name is registered. GET /v1/feature-views lists them.`,
  })
}
