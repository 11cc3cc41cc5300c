import { createHash } from 'node:crypto'
import { qualityRulesOf, type SensorDefinition, type SensorsDocument } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import { canonicalJson } from '../platform/canonical.ts'
import type { Database } from '../platform/database.ts'
import type { Objects } from '../platform/objects.ts'
import { readDocument } from './documents.ts'

interface SensorList extends Pick<SensorsDocument, 'sensors'> {
  /** Digest of the document. */
  readonly document: string
}

/**
 * Lists what a document of sensors defines, each different definition once for all documents. One that is listed stays:
 * a document never changes, and a site may come back to it.
 */
export async function listSensors(client: PoolClient, { document, sensors }: SensorList): Promise<void> {
  const listed = await client.query('SELECT 1 FROM sensor_lists WHERE document = $1', [document])
  if (listed.rowCount !== 0) return
  const definitions = sensors.map((sensor) => {
    const definition = whole(sensor)
    const digest = createHash('sha256').update(canonicalJson(definition)).digest('hex')
    return { digest, sensor: sensor.name, definition }
  })
  // In one order, so that two documents with the same sensors do not wait for each other.
  await client.query(
    `INSERT INTO sensor_definitions (digest, sensor, definition)
     SELECT digest, sensor, definition FROM jsonb_to_recordset($1::jsonb) AS g (digest text, sensor text, definition jsonb)
     WHERE NOT EXISTS (SELECT 1 FROM sensor_definitions d WHERE d.digest = g.digest)
     ORDER BY digest ON CONFLICT (digest) DO NOTHING`,
    [JSON.stringify(definitions)],
  )
  await client.query(
    `INSERT INTO sensor_lists SELECT $1, ARRAY(SELECT id FROM sensor_definitions WHERE digest = ANY($2) ORDER BY id)
     ON CONFLICT (document) DO NOTHING`,
    [document, definitions.map(({ digest }) => digest)],
  )
}

/** With what holds where nothing is said: two that mean the same are one. */
const whole = (sensor: SensorDefinition) => ({
  ...sensor,
  quality: qualityRulesOf(sensor),
  priority: sensor.priority ?? 'normal',
})

/**
 * Lists the sensors of a site whose document came before the cloud listed them.
 * @returns whether there was one
 */
export async function listNextSensors({
  database,
  objects,
}: {
  database: Database
  objects: Objects
}): Promise<boolean> {
  const { rows } = await database.pool.query<{ document: string }>(
    `SELECT o.sha256 AS document FROM site_documents o
     WHERE o.kind = 'sensors' AND NOT EXISTS (SELECT 1 FROM sensor_lists l WHERE l.document = o.sha256) LIMIT 1`,
  )
  const next = rows[0]
  if (!next) return false
  const { sensors } = await readDocument<SensorsDocument>(objects, next.document)
  await database.transaction((client) => listSensors(client, { ...next, sensors }))
  return true
}
