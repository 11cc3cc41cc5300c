import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { openBundle } from '@storecast/shared/bundle'
import type { Manifest, ModelDefinition } from '@storecast/shared/contracts'
import { assembleBundle, type DraftOptions, demandDraft, sensorDraft } from './bundling/index.ts'
import { loadDefinition } from './definition.ts'
import type { JobProgress } from './training/index.ts'
import { VERSION } from './version.ts'

/** Told while a model is trained, for people to watch and for programs to wait on. */
export interface TrainProgress {
  readonly stage: 'reading' | 'training' | 'exporting' | 'done'
  /** Of the whole, 0 to 1; never falls. */
  readonly part: number
  readonly message: string
}

export interface TrainModelOptions {
  /** A definition, or the path of one in YAML. */
  readonly definition: ModelDefinition | string
  /** Path of the data set, CSV(.gz). */
  readonly data: string
  /** Where to write the bundle; the folder exists. */
  readonly out?: string
  /** Daily demand: rows of this local day and later are left out (YYYY-MM-DD). */
  readonly until?: string
  readonly onProgress?: (progress: TrainProgress) => void
  readonly signal?: AbortSignal
}

export interface TrainedModel {
  readonly bundle: Uint8Array
  readonly manifest: Manifest
}

/** Parts of the whole that reading and training take, in the daily-demand and the sensor workshop alike. */
const READ = 0.1
const TRAINED = 0.95

/**
 * Trains a definition on a data set, in this process, and returns the bundle: int8 model, manifest, golden vectors,
 * reference distribution, warm-up days and card. The same input gives the same model on one machine.
 *
 * @throws DefinitionError, DatasetError, TrainingDivergedError, BundleError; the signal's reason if it is aborted.
 */
export async function trainModel(options: TrainModelOptions): Promise<TrainedModel> {
  const { data, out, until, signal, onProgress = () => undefined } = options
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  const definition =
    typeof options.definition === 'string' ? await loadDefinition(options.definition) : options.definition
  onProgress({ stage: 'reading', part: 0, message: `reading ${data}` })
  const overall = trainingPart(definition.spec.training.seeds.length)
  const drafting: DraftOptions<'held-out' | 'final'> = {
    ...{ definition, path: data },
    ...(until !== undefined && { until }),
    ...(signal && { signal }),
    onRead: (rows) => onProgress({ stage: 'training', part: READ, message: `${rows} rows read` }),
    onProgress: (progress) => {
      const { phase, seed, step, steps, loss } = progress
      const message = `${phase} network, seed ${seed}: step ${step} of ${steps}, loss ${loss.toFixed(4)}`
      onProgress({ stage: 'training', part: READ + (TRAINED - READ) * overall(progress), message })
    },
  }
  const draft = await (definition.spec.view.kind === 'daily-demand' ? demandDraft(drafting) : sensorDraft(drafting))
  signal?.throwIfAborted()
  onProgress({ stage: 'exporting', part: TRAINED, message: 'exporting and checking the model' })
  const bundle = await assembleBundle(draft, { trainedAt: new Date().toISOString(), seconds, storecast: VERSION })
  if (out !== undefined) await writeWhole(out, bundle)
  const message = `${definition.metadata.name}: ${bundle.byteLength} bytes in ${seconds().toFixed(1)} s`
  onProgress({ stage: 'done', part: 1, message })
  return { bundle, manifest: openBundle(bundle).manifest }
}

/** Steps done of all, over both networks and all seeds: each network is half of the work. */
function trainingPart(seeds: number) {
  const done = new Map<string, number>()
  return ({ phase, seed, step, steps }: JobProgress & { phase: string }) => {
    done.set(`${phase} ${seed}`, step / steps)
    return [...done.values()].reduce((sum, part) => sum + part, 0) / (2 * seeds)
  }
}

/** Whole or not at all: written beside, synced, renamed. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await using file = await open(temporary, 'w')
    await file.writeFile(bytes)
    await file.sync()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await using folder = await open(dirname(path))
  await folder.sync()
}
