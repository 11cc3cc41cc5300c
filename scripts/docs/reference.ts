import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { testCloud } from '@storecast/cloud/test/cloud'
import { startAgent } from '../../agent/agent.ts'
import { parseConfig } from '../../agent/config.ts'
import { apiIndex, apiPages, type OpenApi } from './api-pages.ts'
import { cliPage } from './cli-page.ts'
import { agentConfigPage, cloudConfigPage } from './config-pages.ts'
import { drawGraph } from './diagram.ts'
import { sourceGraph } from './graph.ts'
import { EXAMPLES, kindIndex, kindPages } from './kind-pages.ts'
import { kpiPage } from './kpi-page.ts'
import { page, sentence, table } from './markdown.ts'
import { metricsPage } from './metrics-page.ts'
import { describedSchemas } from './schemas.ts'

/** Folders that hold generated files alone. */
export const GENERATED = ['fleet/schemas', 'docs/reference/api', 'docs/reference/kinds'] as const

const root = join(import.meta.dirname, '../..')

/**
 * Every generated file of the repository that documents it, by its path from the root, as it is to be written: made of the
 * sources, and of a cloud and an agent that run for the moment.
 */
export async function referenceFiles(): Promise<ReadonlyMap<string, string>> {
  const schemas = describedSchemas(root)
  const files = new Map<string, string>()
  for (const [kind, schema] of schemas.kinds) {
    const name = kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
    files.set(`fleet/schemas/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`)
  }
  const put = (name: string, text: string) => files.set(`docs/reference/${name}`, text)

  await using stack = new AsyncDisposableStack()
  const cloud = stack.use(await testCloud())
  const folder = await mkdtemp(join(tmpdir(), 'storecast-reference-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const config = parseConfig('device: reference\nlogLevel: silent\nhttp: { port: 0 }\n', join(folder, 'agent.yaml'))
  const agent = stack.use(await startAgent(config, {}))
  const api: OpenApi = (await cloud.call('GET', '/v1/openapi.json')).body

  const examples = new Map<string, string>()
  for (const [kind, file] of Object.entries(EXAMPLES)) examples.set(kind, await readFile(join(root, file), 'utf8'))
  const example = await readFile(join(root, 'agent/config.example.yaml'), 'utf8')
  put('agent-config.md', agentConfigPage(schemas, { example }))
  put('cloud-config.md', cloudConfigPage(schemas))
  for (const [name, text] of kindPages(schemas, examples)) put(name, text)
  for (const [name, text] of apiPages(api, schemas.patterns)) put(name, text)
  put('api/README.md', apiIndex(api))
  put('cli.md', cliPage())
  put('kpis.md', kpiPage())
  put('metrics.md', metricsPage({ agent: agent.metrics, cloud: cloud.cloud.metrics }))
  put(
    'README.md',
    page(
      '# Reference',
      'Made from the programs themselves by `npm run schemas`; a test fails when a page is not what the code says.',
      table(
        ['page', 'what'],
        [
          ['[Agent configuration](agent-config.md)', sentence('every field of `agent.yaml`')],
          ['[Cloud configuration](cloud-config.md)', sentence('every setting and variable of the cloud')],
          ['[The `storecast` command](cli.md)', sentence('every verb, with its options and examples')],
          ['[The API](api/README.md)', sentence('every call, with what it takes and answers')],
          ['[Metrics](metrics.md)', sentence('what `/metrics` tells of cloud and agent')],
          ['[KPIs](kpis.md)', sentence('what the programme is measured by: formulas, units, sources and targets')],
          ['[Permissions](permissions.md)', sentence('who may do what, by role')],
        ],
      ),
      '## Documents',
      'YAML files that `storecast apply`, `storecast rollout start` and `storecast model train` read.',
      kindIndex(schemas),
    ),
  )
  files.set('docs/contributor/architecture.svg', drawGraph(await sourceGraph(root)))
  return formatted(files)
}

const run = promisify(execFile)

/** As `npm run format` leaves them. */
async function formatted(files: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  const biome = join(root, 'node_modules/.bin/biome')
  const format = async ([path, text]: [string, string]) => {
    if (path.endsWith('.svg')) return [path, text] as const
    const process = run(biome, ['format', `--stdin-file-path=${path}`], { cwd: root, maxBuffer: 64 * 1024 * 1024 })
    process.child.stdin!.end(text)
    return [path, (await process).stdout] as const
  }
  return new Map(await Promise.all([...files].map(format)))
}
