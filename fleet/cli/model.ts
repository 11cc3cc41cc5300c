import { readFile } from 'node:fs/promises'
import { openBundle } from '@storecast/shared/bundle'
import type { Command } from 'commander'
import { table } from '../terminal/table.ts'
import type { CliContext } from './program.ts'

/** `storecast model …`: train and look at models on this machine, without a cloud. */
export function addModelCommands(program: Command, context: CliContext): void {
  const model = program.command('model').description('Train and inspect models, without a cloud')
  addInspect(model, context)
}

function addInspect(model: Command, { terminal }: CliContext): void {
  model
    .command('inspect')
    .description('Check a bundle and print what it is and how well it forecasts')
    .argument('<bundle>', 'a file written by "storecast model train"')
    .option('--json', 'print the manifest as one JSON object')
    .action(async (path: string, options: { json?: boolean }) => {
      const bytes = await readFile(path)
      const { manifest, golden } = openBundle(bytes)
      if (options.json) return terminal.out(JSON.stringify(manifest))
      const { definition, lineage, quantization, metrics, baseline } = manifest
      const facts: [string, string | number][] = [
        ['model', `${definition.metadata.name} (${definition.spec.network.kind}, ${manifest.precision})`],
        ['bytes', bytes.byteLength],
        ['trained', `${lineage.trainedAt}, in ${lineage.seconds.toFixed(1)} s, by storecast ${lineage.storecast}`],
        ['data', `${lineage.dataset.rows} rows, ${lineage.dataset.from} to ${lineage.dataset.to}`],
        ['data digest', lineage.dataset.sha256],
        ['licence', definition.spec.licence],
        ['golden cases', golden.cases.length],
      ]
      if (quantization !== null) {
        const share = Math.round((100 * quantization.bytesInt8) / quantization.bytesFloat32)
        facts.push(['quantization', `${quantization.scheme}, ${share} % of the float32 model's bytes`])
      }
      const width = Math.max(...facts.map(([name]) => name.length))
      for (const [name, value] of facts) terminal.out(`${name.padEnd(width)}  ${value}`)
      const figure = (value: number | undefined) => (value === undefined ? '–' : value.toPrecision(4))
      const rows = Object.entries(metrics).map(([name, value]) => [name, figure(value), figure(baseline[name])])
      terminal.out('')
      for (const line of table(['held-out', 'model', 'seasonal naive'], rows)) terminal.out(line)
    })
}
