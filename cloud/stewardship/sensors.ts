import type { Dataset, Priority, QualityRules, SensorDefinition } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { canonicalJson } from '../platform/canonical.ts'
import { NotFoundError } from '../platform/errors.ts'
import { type LabelLimit, NO_LIMIT, siteWithin } from '../platform/label-limit.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import { together } from '../platform/together.ts'

/** A sensor as some of the sites define it, with what holds where they say nothing. */
interface SensorVariant extends Omit<SensorDefinition, 'quality' | 'priority'> {
  readonly quality: QualityRules
  readonly priority: Priority
  readonly sites: number
  /** One of these sites. */
  readonly example: string
}

/** A data set that holds a sensor. */
interface HoldingDataset {
  readonly name: string
  readonly owner: string
  readonly steward: string
  readonly sensitivity: Dataset['spec']['sensitivity']
  /** For which it counts: it is the first by name whose labels they have. */
  readonly sites: number
}

/** What the sites measure under one name. */
interface CataloguedSensor {
  readonly name: string
  /** That define it. */
  readonly sites: number
  /** Different ones among these sites. */
  readonly definitions: number
  /** What most sites have comes first; 20 at most. */
  readonly variants: SensorVariant[]
  /** By name. */
  readonly datasets: HoldingDataset[]
  /** Sites for which no data set counts: nobody is asked when it goes wrong there. */
  readonly unheld: number
  /** Stewardship tasks that are not closed. */
  readonly tasks: number
}

interface SensorFilter {
  /** Some of the name. */
  readonly text?: string | undefined
  /** Whether a data set counts for every one of its sites; false: for at least one, none does. */
  readonly held?: boolean | undefined
  readonly within?: LabelLimit
}

/** Definitions that are told of a sensor. */
const VARIANTS_SHOWN = 20

/**
 * Sites are counted by what they have in common (the document of sensors, which selections of data sets they are of), the
 * documents' definitions by number: neither documents nor pairs of site and sensor are gone through.
 * @param selected expression of the selections that a site `s` is of, as boolean[]
 */
const sensorsBy = (selected: string) => `
  WITH sets AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset($7::jsonb) AS s (place int4, name text, sensors jsonb, selection int4)),
  alike AS MATERIALIZED (
    SELECT o.sha256 AS document, ${selected} AS selected, count(*)::int4 AS sites, min(o.site) AS example
    FROM site_documents o JOIN sites s ON s.id = o.site
    WHERE o.kind = 'sensors' AND ${siteWithin('o.site', 1)} GROUP BY 1, 2),
  defined AS MATERIALIZED (
    SELECT d.sensor, d.id, n.selected, n.sites, n.example FROM (
      SELECT id, selected, sum(sites)::int4 AS sites, min(example) AS example
      FROM alike JOIN sensor_lists l USING (document), unnest(l.definitions) AS id GROUP BY id, selected) n
    JOIN sensor_definitions d USING (id)
    WHERE ($2::text IS NULL OR d.sensor > $2) AND ($3::text IS NULL OR d.sensor = $3)
      AND ($4::text IS NULL OR position(lower($4) IN d.sensor) > 0)),
  held AS MATERIALIZED (
    SELECT sensor, sites, (SELECT name FROM sets WHERE sets.sensors ? sensor AND (selection = 0 OR selected[selection])
      ORDER BY place LIMIT 1) AS dataset
    FROM (SELECT sensor, selected, sum(sites)::int4 AS sites FROM defined GROUP BY sensor, selected) n),
  page AS MATERIALIZED (
    SELECT sensor, sum(sites)::int4 AS sites, coalesce(sum(sites) FILTER (WHERE dataset IS NULL), 0)::int4 AS unheld FROM held
    GROUP BY sensor HAVING $5::boolean IS NULL OR $5 = (count(*) = count(dataset)) ORDER BY sensor LIMIT $6),
  counted AS (
    SELECT sensor, jsonb_object_agg(dataset, sites) AS counts FROM (
      SELECT sensor, dataset, sum(sites) AS sites FROM held WHERE dataset IS NOT NULL GROUP BY sensor, dataset) n GROUP BY sensor),
  told AS (
    SELECT n.sensor, count(*)::int4 AS definitions, jsonb_agg(
      d.definition || jsonb_build_object('sites', n.sites, 'example', n.example) ORDER BY place) FILTER (WHERE place <= ${VARIANTS_SHOWN}) AS variants
    FROM (SELECT sensor, id, sum(defined.sites) AS sites, min(example) AS example,
            row_number() OVER (PARTITION BY sensor ORDER BY sum(defined.sites) DESC, min(example)) AS place
          FROM defined JOIN page USING (sensor) GROUP BY sensor, id) n
    JOIN sensor_definitions d USING (id) GROUP BY n.sensor),
  asking AS (
    SELECT sensor, count(*)::int4 AS tasks FROM stewardship_tasks t WHERE closed_at IS NULL AND ${siteWithin('t.site', 1)} GROUP BY sensor)
  SELECT sensor, sites, unheld, definitions, variants, counts, coalesce(tasks, 0) AS tasks
  FROM page JOIN told USING (sensor) LEFT JOIN counted USING (sensor) LEFT JOIN asking USING (sensor) ORDER BY sensor`

interface Row extends Omit<CataloguedSensor, 'name' | 'datasets'> {
  readonly sensor: string
  /** Sites for which a data set counts, by its name. */
  readonly counts: Readonly<Record<string, number>> | null
}

interface Asked extends SensorFilter {
  readonly after?: string | undefined
  readonly name?: string
  readonly limit: number
}

async function read(pool: Pool, asked: Asked): Promise<CataloguedSensor[]> {
  const { within = NO_LIMIT, after, name, text, held, limit } = asked
  const { rows: sets } = await pool.query<{ name: string; spec: Dataset['spec'] }>(
    "SELECT name, document->'spec' AS spec FROM datasets ORDER BY name",
  )
  const selections = [...new Set(sets.map(({ spec }) => canonicalJson(spec.sites)))].filter((sites) => sites !== '{}')
  const given = sets.map(({ name, spec }, place) => {
    return { place, name, sensors: spec.sensors, selection: selections.indexOf(canonicalJson(spec.sites)) + 1 }
  })
  const selected = `ARRAY[${selections.map((_, i) => `s.labels @> $${i + 8}::jsonb`).join(', ')}]::boolean[]`
  const filter = [after, name, text, held].map((value) => value ?? null)
  const values = [within, ...filter, limit, JSON.stringify(given), ...selections]
  const { rows } = await pool.query<Row>(sensorsBy(selected), values)
  return rows.map(({ sensor, counts, ...rest }) => ({
    name: sensor,
    ...rest,
    datasets: sets
      .filter(({ spec }) => spec.sensors.includes(sensor))
      .map(({ name, spec: { owner, steward = owner, sensitivity } }) => {
        return { name, owner, steward, sensitivity, sites: counts?.[name] ?? 0 }
      }),
  }))
}

export interface Sensors {
  /** By name. */
  list(query: SensorFilter & PageRequest): Promise<Page<CataloguedSensor>>
  /** @throws NotFoundError `sensor-unknown`. */
  get(name: string, within: LabelLimit): Promise<CataloguedSensor>
}

/** What sites measure, and whose it is. */
export function createSensors(pool: Pool): Sensors {
  const ask = together(canonicalJson, (asked: Asked) => read(pool, asked))
  return {
    async list(query) {
      return toPage(await ask({ ...query, limit: query.limit + 1 }), query.limit, ({ name }) => name)
    },
    async get(name, within) {
      const [found] = await ask({ name, within, limit: 1 })
      return found ?? unknownSensor(name)
    },
  }
}

function unknownSensor(name: string): never {
  throw new NotFoundError({
    code: 'sensor-unknown',
    message: `No site defines a sensor ${name}. GET /v1/sensors lists those that there are; PUT /v1/sites/{site} defines them.`,
  })
}
