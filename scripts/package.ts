/**
 * `npm run package`: bundles the agent into `dist/agent`, with a package.json that names the native modules alone. There,
 * `npm install --omit=dev --ignore-scripts` makes it complete on the device's own platform.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'

const root = dirname(import.meta.dirname)
const out = join(root, 'dist', 'agent')
/** Prebuilt binaries: they are not bundled, and their versions are those that the tests ran with. */
const NATIVE = ['better-sqlite3', 'onnxruntime-node']
/** Each is started by its name beside the others. */
const ENTRIES = ['main.ts', 'writer-thread.ts', 'inference/model-host.ts']

const agent = JSON.parse(readFileSync(join(root, 'agent', 'package.json'), 'utf8'))
rmSync(out, { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: ENTRIES.map((entry) => join(root, 'agent', entry)),
  outdir: out,
  entryNames: '[name]',
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  external: NATIVE,
  legalComments: 'none',
  metafile: true,
  // CommonJS packages inside the bundle ask for `require`.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
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
