import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type {
  CatalogueDocument,
  CovariatesDocument,
  DailyDemandView,
  ModelDefinition,
  SensorsDocument,
} from '@storecast/shared/contracts'
import { calendar, fromSteps } from '@storecast/shared/windows'
import { readDocument, type Site, type Sites } from '../devices/index.ts'
import { InvalidError } from '../platform/errors.ts'
import type { Objects, StoredObject } from '../platform/objects.ts'
import type { Telemetry } from '../telemetry/index.ts'
import { dailyColumns, dailyRows, type WindowSum } from './daily-rows.ts'

export interface DatasetSpec {
  readonly definition: ModelDefinition
  /** Labels of the sites whose data is used; empty: all. */
  readonly selector: Readonly<Record<string, string>>
  /** First and last local day, both included. */
  readonly from: string | undefined
  readonly to: string | undefined
}

/** A data set as an object (gzipped CSV), and what is in it. */
export interface Dataset extends StoredObject {
  readonly rows: number
  /** Sites with rows, of all that were selected. */
  readonly sites: number
  readonly selected: number
}

export interface DatasetSources {
  readonly sites: Sites
  readonly objects: Objects
  readonly telemetry: Telemetry
}

const MAX_DATASET_BYTES = 2 * 1024 ** 3

/**
 * Writes what the cloud knows as a training data set and stores it as an object, so that a model's lineage leads back
 * to the very bytes it was trained on.
 * @throws InvalidError `dataset-view` for a view that telemetry cannot fill, `dataset-empty`.
 */
export async function writeDataset(
  { sites, objects, telemetry }: DatasetSources,
  spec: DatasetSpec,
  onSite: (done: number, of: number) => void,
): Promise<Dataset> {
  const { view } = spec.definition.spec
  if (view.kind !== 'daily-demand') {
    throw new InvalidError({
      code: 'dataset-view',
      message: `Training from telemetry makes daily-demand data sets, and the definition's view is "${view.kind}". Train it from a file: storecast model train.`,
    })
  }
  const selected = await sites.select(spec.selector)
  let rows = 0
  let withRows = 0
  async function* lines() {
    yield line(dailyColumns(view as DailyDemandView))
    for (const [index, id] of selected.entries()) {
      const before = rows
      for await (const row of siteRows(await sites.get(id), view as DailyDemandView)) {
        yield line(row)
        rows++
      }
      if (rows > before) withRows++
      onSite(index + 1, selected.length)
    }
    if (rows === 0) throw emptyDataset(selected.length, view as DailyDemandView)
  }
  async function* siteRows(site: Site, view: DailyDemandView): AsyncGenerator<string[]> {
    const resolution = await resolutions(site, view)
    const zone = calendar(site.timeZone)
    const span = {
      from: spec.from === undefined ? 0 : zone.daySpan(spec.from).start,
      to: spec.to === undefined ? Number.MAX_SAFE_INTEGER : zone.daySpan(spec.to).end,
    }
    const sumsOf = async (sensor: string): Promise<WindowSum[]> => {
      const sums = await telemetry.windowSums({ site: site.id, sensor, ...span })
      return sums.map((one) => ({ ...one, sum: fromSteps(one.sum, resolution.get(sensor)!) }))
    }
    const catalogue = await readDocument<CatalogueDocument>(objects, site.documents.catalogue!.sha256)
    yield* dailyRows(view, {
      site: site.id,
      calendar: zone,
      entities: catalogue.entities,
      sales: await sumsOf(view.target),
      stockouts: await sumsOf(view.censoredBy),
      issues: await allIssues(site.id),
      closedUntil: await telemetry.newestWindowEnd(site.id),
    })
  }
  async function allIssues(site: string): Promise<CovariatesDocument[]> {
    const issues: CovariatesDocument[] = []
    for (const { sha256 } of await sites.covariateIssues(site)) {
      issues.push(await readDocument<CovariatesDocument>(objects, sha256))
    }
    return issues
  }
  async function resolutions(site: Site, view: DailyDemandView): Promise<Map<string, number>> {
    const { sensors } = await readDocument<SensorsDocument>(objects, site.documents.sensors!.sha256)
    const known = new Map(sensors.map((sensor) => [sensor.name, sensor.resolution]))
    const missing = [view.target, view.censoredBy].find((name) => !known.has(name))
    if (missing === undefined) return known
    throw new InvalidError({
      code: 'dataset-sensor',
      message: `Site ${site.id} defines no sensor "${missing}", which the model's view needs. Add it with PUT /v1/sites/${site.id}, or leave the site out by the selector.`,
    })
  }
  // The pipeline ends the store's reading with the lines' own error.
  const gzip = createGzip()
  const [stored] = await Promise.all([
    objects.put(gzip, MAX_DATASET_BYTES),
    pipeline(Readable.from(inChunks(lines())), gzip),
  ])
  return { ...stored, rows, sites: withRows, selected: selected.length }
}

const CHUNK_LETTERS = 64 * 1024

/** Each write to gzip is a task of its own; a line is too small for one. */
async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = ''
  for await (const line of lines) {
    chunk += line
    if (chunk.length < CHUNK_LETTERS) continue
    yield chunk
    chunk = ''
  }
  yield chunk
}

const line = (cells: readonly string[]) =>
  `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\n`

const emptyDataset = (selected: number, view: DailyDemandView) =>
  new InvalidError({
    code: 'dataset-empty',
    message: `None of the ${selected} selected sites has a closed day with windows of "${view.target}" in the span. Check the selector and the days, and that devices send (GET /v1/devices).`,
  })
