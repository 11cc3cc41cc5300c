import type { Manifest } from '@storecast/shared/contracts'
import type { Command } from 'commander'
import { percent, table } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { CliContext } from './context.ts'
import { addPushCommand } from './push.ts'
import { addRegistryCommands } from './registry.ts'
import { addSlicesCommand } from './slices.ts'

/** `storecast model …`: train and look at models on this machine, without a cloud, and at those that the cloud has. */
export function addModelCommands(program: Command, context: CliContext): void {
  const model = program
    .command('model')
    .description('Train, inspect and push models, and look at those that the cloud has')
  addTrain(model, context)
  addInspect(model, context)
  addPushCommand(model, context)
  addRegistryCommands(model, context)
  addSlicesCommand(model, context)
}

interface TrainOptions {
  readonly data: string
  readonly out: string
  readonly until?: string
  readonly json?: boolean
}

function addTrain(model: Command, { terminal, signal }: CliContext): void {
  model
    .command('train')
    .description('Train a definition on a data set and write the model bundle')
    .argument('<definition>', 'a YAML file, for example models/definitions/demand.yaml')
    .requiredOption('--data <csv>', 'the data set, CSV or gzipped CSV')
    .requiredOption('--out <bundle>', 'where to write the bundle')
    .option('--until <day>', 'leave out rows of this local day (YYYY-MM-DD) and later; daily demand only')
    .option('--json', 'print the manifest as one JSON object')
    .action(async (definition: string, { data, out, until, json }: TrainOptions) => {
      const { spawnTraining } = await import('@storecast/models')
      const manifest = await spawnTraining({
        definition,
        data,
        out,
        ...(until !== undefined && { until }),
        signal,
        onProgress: ({ part, message }) => terminal.progress(`${percent(part, 0).padStart(5)}  ${message}`),
      })
      if (json) return terminal.out(JSON.stringify(manifest))
      printManifest(terminal, manifest)
      terminal.err(`wrote ${out}`)
    })
}

function addInspect(model: Command, { terminal }: CliContext): void {
  model
    .command('inspect')
    .description('Check a bundle, run its golden vectors, and print what it is and how well it forecasts')
    .argument('<bundle>', 'a file written by "storecast model train"')
    .option('--json', 'print everything as one JSON object')
    .action(async (path: string, { json }: { json?: boolean }) => {
      const { inspectBundle } = await import('@storecast/models')
      const { card, ...inspection } = await inspectBundle(path)
      const { manifest, golden, files, bytes, sha256 } = inspection
      if (json) terminal.out(JSON.stringify(inspection))
      else {
        printManifest(terminal, manifest)
        terminal.out('')
        const contents = files.map((file) => [file.name, file.bytes])
        for (const line of table(['file', 'bytes'], [...contents, ['the bundle', bytes]])) terminal.out(line)
        terminal.out(`\nsha256 ${sha256}; ${golden.cases} golden cases`)
      }
      if (!golden.matches) {
        throw new Error(
          `${path}: this machine does not compute what the bundle's golden vectors say (${golden.worst.toPrecision(3)} times the tolerance); devices refuse such a bundle`,
        )
      }
      terminal.err(`${path}: every digest and golden vector matches`)
    })
}

/** What a model is, and how well it forecast what it had not seen, beside the baseline. */
function printManifest(terminal: Terminal, manifest: Manifest): void {
  const { definition, lineage, quantization, metrics, baseline } = manifest
  const facts: [string, string][] = [
    ['model', `${definition.metadata.name} (${definition.spec.network.kind}, ${manifest.precision})`],
    ['trained', `${lineage.trainedAt}, in ${lineage.seconds.toFixed(1)} s, by storecast ${lineage.storecast}`],
    ['data', `${lineage.dataset.rows} rows, ${lineage.dataset.from} to ${lineage.dataset.to}`],
    ['data digest', lineage.dataset.sha256],
    ['licence', definition.spec.licence],
  ]
  if (quantization !== null) {
    const share = percent(quantization.bytesInt8 / quantization.bytesFloat32, 0)
    facts.push(['quantization', `${quantization.scheme}, ${share} of the float32 model's bytes`])
  }
  const width = Math.max(...facts.map(([name]) => name.length))
  for (const [name, value] of facts) terminal.out(`${name.padEnd(width)}  ${value}`)
  const figure = (value: number | undefined) => (value === undefined ? '–' : value.toPrecision(4))
  const rows = Object.entries(metrics).map(([name, value]) => [name, figure(value), figure(baseline[name])])
  terminal.out('')
  for (const line of table(['held-out', 'model', 'seasonal naive'], rows)) terminal.out(line)
}
