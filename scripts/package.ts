/**
 * `npm run package`: bundles the agent into `dist/agent`, with the shop's page, and a package.json that names the native modules
 * alone. There, `npm install --omit=dev --ignore-scripts` makes it complete on the device's own platform.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { bundleAgent, NATIVE } from './lib/bundle-agent.ts'

const root = dirname(import.meta.dirname)
const out = join(root, 'dist', 'agent')
const agent = JSON.parse(readFileSync(join(root, 'agent', 'package.json'), 'utf8'))
const metafile = await bundleAgent({ program: 'agent/main.ts', out })
// Beside the program as it lies beside `agent.ts`; of what was compressed, the form that the agent serves.
cpSync(join(root, 'agent', 'page', 'dist'), join(out, 'page', 'dist'), {
  recursive: true,
  filter: (path) => !['.vite', '.built-from'].some((name) => path.endsWith(name)) && extname(path) !== '.br',
})
const manifest = {
  name: agent.name,
  version: agent.version,
  license: agent.license,
  type: 'module',
  bin: { 'storecast-agent': 'main.js' },
  engines: { node: '>=24' },
  dependencies: Object.fromEntries(NATIVE.map((name) => [name, agent.dependencies[name]])),
}
writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
for (const [file, { bytes }] of Object.entries(metafile.outputs)) console.log(`${file}  ${bytes} bytes`)
