import { open } from 'node:fs/promises'
import { BUNDLE_LIMITS } from '@storecast/shared/bundle'
import type { ModelDefinition } from '@storecast/shared/contracts'
import { assembleBundle, demandDraft, sensorDraft } from './bundling/index.ts'
import { loadDefinition } from './definition.ts'
import { openSession, type Session, type ValueSpec } from './onnx/session.ts'
import { VERSION } from './version.ts'

/**
 * An ONNX file that devices could not run. Another file is needed, or another definition. `code`: `unreadable`, `not-loaded`
 * (ONNX Runtime refuses it), `tensor-mismatch` (it does not take and give what the view has), `not-imported` (the
 * definition is of a network that is trained here).
 */
export class ModelImportError extends Error {
  override readonly name = 'ModelImportError'
  readonly code: 'unreadable' | 'not-loaded' | 'tensor-mismatch' | 'not-imported'

  constructor(code: ModelImportError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

interface ImportOptions {
  /** Path of the ONNX file. */
  readonly model: string
  /** Path of a definition in YAML whose network is `kind: imported`. */
  readonly definition: string
  /** Path of a data set, CSV(.gz): features, vocabulary, reference, golden vectors and scores are taken from it. */
  readonly data: string
  readonly signal?: AbortSignal
}

/**
 * Makes a bundle of an ONNX file that was trained elsewhere. The file's bytes stay as they are; all that a bundle says
 * beside them is made as for a model that is trained here.
 *
 * @throws ModelImportError, DefinitionError, DatasetError, BundleError
 */
export async function importModel({ model, definition, data, signal }: ImportOptions): Promise<Uint8Array> {
  const began = performance.now()
  const defined = await loadDefinition(definition)
  if (defined.spec.network.kind !== 'imported') {
    throw new ModelImportError(
      'not-imported',
      `${definition}: spec.network.kind is ${defined.spec.network.kind}; say "imported" for an ONNX file of your own`,
    )
  }
  const imported = await readCapped(model)
  {
    await using session = await load(model, imported)
    requireTensors(model, session, defined)
  }
  const drafting = { definition: defined, path: data, imported, onRead: () => undefined, onProgress: () => undefined }
  const options = { ...drafting, ...(signal && { signal }) }
  const draft = await runs(model, () =>
    defined.spec.view.kind === 'daily-demand' ? demandDraft(options) : sensorDraft(options),
  )
  signal?.throwIfAborted()
  const seconds = () => (performance.now() - began) / 1000
  return assembleBundle(draft, { trainedAt: new Date().toISOString(), seconds, storecast: VERSION })
}

async function readCapped(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path)
    const { size } = await file.stat()
    if (size <= BUNDLE_LIMITS.archive) return await file.readFile()
    throw new Error(`${size} bytes; at most ${BUNDLE_LIMITS.archive} are read`)
  } catch (cause) {
    throw new ModelImportError('unreadable', `${path}: ${(cause as Error).message}`, { cause })
  }
}

async function load(path: string, bytes: Uint8Array): Promise<Session> {
  try {
    return await openSession(bytes)
  } catch (cause) {
    throw new ModelImportError(
      'not-loaded',
      `${path}: ONNX Runtime does not load it: ${(cause as Error).message}. Export a single file, weights inside, of an opset that it knows.`,
      { cause },
    )
  }
}

type Wanted = readonly (readonly [name: string, type: string, shape: readonly (number | string)[]])[]

/** What a view's tensors are; a string is a dimension that has to be free, or whose size the data says. */
function tensorsOf({ view, horizon, quantiles }: ModelDefinition['spec']): { inputs: Wanted; outputs: Wanted } {
  const levels = quantiles.length
  if (view.kind === 'sequence') {
    const channels = view.channels === '*' ? 'C' : view.channels.length
    return {
      inputs: [['series', 'float32', ['N', view.context, channels]]],
      outputs: [['quantiles', 'float32', ['N', horizon, channels, levels]]],
    }
  }
  return {
    inputs: [
      ['features', 'float32', ['N', 'F']],
      ['statics', 'int64', ['N', Object.keys(view.statics).length]],
      ['scale', 'float32', ['N']],
    ],
    outputs: [
      ['quantiles', 'float32', ['N', levels]],
      ['mean', 'float32', ['N']],
      ['profile', 'float32', ['N', 24]],
    ],
  }
}

function requireTensors(path: string, session: Session, { spec }: ModelDefinition): void {
  const wanted = tensorsOf(spec)
  for (const side of ['inputs', 'outputs'] as const) {
    const faults = wanted[side].flatMap(([name, type, shape]) => {
      const found = session[side].find((value) => value.name === name)
      const expected = `${name} ${type} [${shape}]`
      if (!found) return [`${expected} is missing`]
      return fits(found, type, shape) ? [] : [`${expected} is ${found.type} [${found.shape}]`]
    })
    const extra =
      side === 'inputs' ? session.inputs.filter(({ name }) => !wanted.inputs.some(([is]) => is === name)) : []
    faults.push(...extra.map(({ name }) => `${name} is an input that nobody fills`))
    if (faults.length > 0) {
      throw new ModelImportError(
        'tensor-mismatch',
        `${path}: the ${side} are not those of the view ${spec.view.kind}: ${faults.join('; ')}`,
      )
    }
  }
}

/** The batch has to be free; any other dimension may be, and is seen when the model runs. */
function fits(found: ValueSpec, type: string, shape: readonly (number | string)[]): boolean {
  if (found.type !== type || found.shape.length !== shape.length) return false
  return shape.every((size, at) => {
    const own = found.shape[at]
    if (size === 'N') return typeof own !== 'number' || own < 0
    return typeof size === 'string' || typeof own !== 'number' || own === size
  })
}

/** What ONNX Runtime has against the data's shapes becomes an error that names the file. */
async function runs<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    // ONNX Runtime throws plain errors; ours are classes with codes.
    if (!(cause instanceof Error) || 'code' in cause || cause.name !== 'Error') throw cause
    throw new ModelImportError('tensor-mismatch', `${path}: it does not run on this data: ${cause.message}`, { cause })
  }
}
