import type { Dataset } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { NotFoundError } from '../platform/errors.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import { createFeatureViews, type FeatureViews } from './feature-views.ts'
import { createSensors, type Sensors } from './sensors.ts'

type Client = Pick<PoolClient, 'query'>

/** Which data there is, whose it is, and who looks after it. */
export interface Catalogue {
  /** By name. */
  list(query: PageRequest & { readonly sensor?: string | undefined }): Promise<Page<Dataset>>
  /** @throws NotFoundError `dataset-unknown`. */
  get(name: string, client?: Client): Promise<Dataset>
  put(dataset: Dataset): Promise<Dataset>
  /** Tasks that name it keep what it said. @throws NotFoundError `dataset-unknown`. */
  remove(name: string): Promise<void>
  readonly sensors: Sensors
  readonly featureViews: FeatureViews
}

export function createCatalogue({ database, clock }: { database: Database; clock: Clock }): Catalogue {
  const { pool } = database
  return {
    async list({ after = '', limit, sensor }) {
      const { rows } = await pool.query<{ document: Dataset }>(
        `SELECT document FROM datasets WHERE name > $1 AND ($3::text IS NULL OR document->'spec'->'sensors' ? $3)
         ORDER BY name LIMIT $2`,
        [after, limit + 1, sensor ?? null],
      )
      return toPage(
        rows.map(({ document }) => document),
        limit,
        ({ metadata }) => metadata.name,
      )
    },
    async get(name, client = pool) {
      const { rows } = await client.query<{ document: Dataset }>('SELECT document FROM datasets WHERE name = $1', [
        name,
      ])
      return rows[0]?.document ?? unknown(name)
    },
    put: (dataset) =>
      database.transaction(async (client) => {
        await client.query(
          `INSERT INTO datasets (name, document, updated_at) VALUES ($1, $2, $3)
           ON CONFLICT (name) DO UPDATE SET document = $2, updated_at = $3`,
          [dataset.metadata.name, dataset, clock.now()],
        )
        return dataset
      }),
    remove: (name) =>
      database.transaction(async (client) => {
        const { rowCount } = await client.query('DELETE FROM datasets WHERE name = $1', [name])
        if (rowCount === 0) unknown(name)
      }),
    sensors: createSensors(pool),
    featureViews: createFeatureViews(pool),
  }
}

/** The data set that a sensor of a shop with these labels belongs to: the first by name. */
export function datasetOf(
  datasets: readonly Dataset[],
  { sensor, labels }: { readonly sensor: string; readonly labels: Readonly<Record<string, string>> },
): Dataset | undefined {
  return datasets.find(
    ({ spec }) =>
      spec.sensors.includes(sensor) && Object.entries(spec.sites).every(([name, value]) => labels[name] === value),
  )
}

function unknown(name: string): never {
  throw new NotFoundError({
    code: 'dataset-unknown',
    message: `There is no data set ${name}. GET /v1/datasets lists them; "storecast apply" makes one from a file of kind Dataset.`,
  })
}
