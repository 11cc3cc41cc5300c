import { readFile, stat, writeFile } from 'node:fs/promises'
import type { Posted } from '@storecast/shared/api'
import { BUNDLE_LIMITS } from '@storecast/shared/bundle'
import type { Command } from 'commander'
import { sendInParts } from '../client/upload.ts'
import { percent } from '../terminal/table.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'
import { collect, pairsOf } from './options.ts'
import { labelText, printFacts } from './output.ts'

interface PushOptions {
  readonly definition?: string
  readonly data?: string
  readonly out?: string
  readonly alias?: string
  readonly tag: readonly string[]
  readonly dryRun?: boolean
  readonly json?: boolean
}

type Registered = Posted<'/v1/uploads/{upload}/version'>

/** `storecast model push`: a bundle, or an ONNX file from anywhere, into the registry. */
export function addPushCommand(model: Command, context: CliContext): void {
  const { terminal, signal } = context
  model
    .command('push')
    .description('Register a bundle, or an ONNX file of your own, as the model’s next version')
    .argument('<file>', 'a bundle of "storecast model train", or an ONNX file')
    .option('--definition <yaml>', 'of an ONNX file: its definition, with "network: { kind: imported }"')
    .option('--data <csv>', 'of an ONNX file: data to take features, golden vectors and scores from')
    .option('--out <bundle>', 'keep the bundle that is made of an ONNX file')
    .option('--tag <name=value>', 'of the version; may be repeated', collect, [])
    .option('--alias <alias>', 'point this alias at the version')
    .option('--dry-run', 'check and make the bundle, and send nothing')
    .option('--json', 'print the version as one JSON object')
    .addHelpText(
      'after',
      `
What devices would refuse is refused here: digests, schemas, tensors, and golden vectors that this machine does not
reproduce. The upload goes on where it stopped, also by another run within a day; the same bytes are one version.`,
    )
    .action(async (file: string, { dryRun, json, ...options }: PushOptions) => {
      const bundle = await bundleOf(file, options, signal)
      const { inspectBytes } = await import('@storecast/models')
      const { manifest, golden, sha256 } = await inspectBytes(bundle)
      const { name } = manifest.definition.metadata
      if (!golden.matches) {
        throw new Error(
          `${file}: this machine does not compute what the golden vectors say (${golden.worst.toPrecision(3)} times the tolerance); devices refuse such a bundle`,
        )
      }
      terminal.err(`${name}: ${bundle.length} bytes, sha256 ${sha256}; ${golden.cases} golden cases match`)
      if (dryRun) {
        if (json) terminal.out(JSON.stringify({ model: name, bundle: { sha256, bytes: bundle.length } }))
        return terminal.err('nothing was sent')
      }
      const tags = pairsOf('--tag', options.tag)
      const cloud = await connect(context)
      const id = await sendInParts({
        ...{ cloud, bytes: bundle, signal },
        onProgress: (sent) => terminal.progress(`${percent(sent / bundle.length, 0).padStart(5)}  sending ${name}`),
      })
      const made = await cloud.post<Registered>(`/v1/uploads/${id}/version`, { model: name, tags })
      const { alias } = options
      if (alias !== undefined) {
        const reason = 'storecast model push'
        await cloud.put(`/v1/models/${name}/aliases/${encodeURIComponent(alias)}`, { version: made.version, reason })
      }
      if (json) return terminal.out(JSON.stringify(made))
      printFacts(terminal, {
        version: `models:/${name}/${made.version}`,
        alias,
        tags: labelText(made.tags),
        bundle: made.bundle.sha256,
      })
    })
}

/** @throws UsageError where it is not clear what the file is to become */
async function bundleOf(file: string, options: Partial<PushOptions>, signal: AbortSignal): Promise<Uint8Array> {
  const { definition, data, out } = options
  if (definition === undefined && data === undefined) {
    if (/\.onnx$/i.test(file)) {
      throw new UsageError(
        `${file} is an ONNX file: say what it forecasts (--definition) and give data to check it on (--data)`,
      )
    }
    const { size } = await stat(file)
    if (size > BUNDLE_LIMITS.archive) {
      throw new UsageError(`${file} has ${size} bytes; a bundle has at most ${BUNDLE_LIMITS.archive}`)
    }
    return readFile(file)
  }
  if (definition === undefined || data === undefined) {
    throw new UsageError('an ONNX file needs both --definition and --data; a bundle neither')
  }
  const { importModel } = await import('@storecast/models')
  const bundle = await importModel({ model: file, definition, data, signal })
  if (out !== undefined) await writeFile(out, bundle, { flag: 'wx' })
  return bundle
}
