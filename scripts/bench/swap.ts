import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openBundle, packBundle } from '@storecast/shared/bundle'
import type { BundleFile } from '../../agent/inference/index.ts'
import { bundleAgent } from '../lib/bundle-agent.ts'
import { smallDemandBundle } from '../lib/demand-site.ts'
import type { SwapFigures } from '../lib/swap-agent.ts'
import { type BenchResult, median } from './measure.ts'

const SWITCHES = 100
const MB = 1024 * 1024
const root = join(import.meta.dirname, '..', '..')

/**
 * 100 model switches of an agent as it ships (one file by esbuild, its own flags), with 100 sensors and inference going on
 * all the while: how its memory grows from the tenth switch on, the longest time without an answer, and the memory of it
 * and its model host.
 */
export async function run(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'storecast-swap-'))
  // Inside the repository, where the native modules are found.
  const out = join(root, 'dist', 'bench-swap')
  try {
    const first = await smallDemandBundle(folder)
    const bundles = [first, await anotherVersion(folder, first)]
    await bundleAgent({ program: 'scripts/lib/swap-agent.ts', out })
    const { env, flags } = await shippedStart()
    const program = join(out, 'swap-agent.js')
    const args = [...flags, program, '--data', join(folder, 'data'), '--bundles', JSON.stringify(bundles)]
    const { stdout } = await promisify(execFile)(process.execPath, [...args, '--switches', `${SWITCHES}`], { env })
    return report(JSON.parse(stdout) as SwapFigures)
  } finally {
    await rm(folder, { recursive: true })
    await rm(out, { recursive: true, force: true })
  }
}

function report({ agentRss, hostRss, together, maxPause, answers, switchMs }: SwapFigures): BenchResult {
  const [before, after] = [median(agentRss.slice(0, 9)), median(agentRss.slice(-9))]
  return {
    rss_growth_mb: (after - before) / MB,
    max_pause_ms: maxPause,
    rss_agent_mb: after / MB,
    rss_host_mb: hostRss / MB,
    together_shared_once_mb: together / MB,
    ms_switch: median(switchMs),
    answers,
  }
}

/** The environment and the flags that the first line of the program that ships asks for. */
async function shippedStart(): Promise<{ env: NodeJS.ProcessEnv; flags: string[] }> {
  const [line = ''] = (await readFile(join(root, 'agent', 'main.ts'), 'utf8')).split('\n', 1)
  const words = line.split(' ')
  const settings = words.filter((word) => /^[A-Z_]+=/.test(word)).map((word) => word.split('='))
  return {
    env: { ...process.env, ...Object.fromEntries(settings) },
    flags: words.filter((word) => word.startsWith('--')),
  }
}

/** The same network with another card: a bundle of its own. */
async function anotherVersion(folder: string, { model, path }: BundleFile): Promise<BundleFile> {
  const { manifest, files } = openBundle(await readFile(path))
  const { 'manifest.json': _, ...rest } = files
  const bytes = packBundle({ manifest, files: { ...rest, 'card.md': Buffer.from('# Another\n') } })
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const other = join(folder, `${sha256}.bundle`)
  await writeFile(other, bytes)
  return { model, version: 2, path: other, sha256 }
}
