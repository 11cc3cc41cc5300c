/** `npm run bench -- <name> [--json] [--data <file>]`: runs `scripts/bench/<name>.ts` and prints its figures. */
import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { BenchOptions, BenchResult } from './bench/measure.ts'

interface Bench {
  run(options: BenchOptions): Promise<BenchResult>
}

const folder = new URL('./bench/', import.meta.url)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && file !== 'measure.ts')
  .map((file) => file.slice(0, -3))

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, data: { type: 'string' } },
})
const [name] = positionals
if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run bench -- <name> [--json] [--data <file>]\nnames: ${names.join(', ')}`)
  process.exit(2)
}

const { run } = (await import(new URL(`${name}.ts`, folder).href)) as Bench
const result = await run(values.data === undefined ? {} : { data: values.data })
const width = Math.max(...Object.keys(result).map((key) => key.length))
const figure = (value: number | string) =>
  typeof value === 'string' ? value : Number.isInteger(value) ? `${value}` : value.toPrecision(4)
for (const [key, value] of Object.entries(result)) console.log(`${key.padEnd(width)}  ${figure(value)}`)
if (values.json) console.log(JSON.stringify({ bench: name, ...result }))
