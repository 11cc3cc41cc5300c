import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')

/** Prebuilt binaries: they are not bundled, and their versions are those that the tests ran with. */
export const NATIVE = ['better-sqlite3', 'onnxruntime-node']

/** What the agent starts or loads by its name beside itself: database writer, model host, the maker of its key, tracing. */
const BESIDE = [
  'agent/writer-thread.ts',
  'agent/inference/host.ts',
  'agent/identity/request-maker.ts',
  'agent/platform/otlp.ts',
]

/**
 * Bundles a program of the agent and what it starts, each into one file of its own name in `out`, which is emptied.
 * @param program path from the root of the repository
 */
export async function bundleAgent({ program, out }: { program: string; out: string }): Promise<Metafile> {
  rmSync(out, { recursive: true, force: true })
  const { metafile } = await build({
    entryPoints: [program, ...BESIDE].map((entry) => join(root, entry)),
    outdir: out,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    external: NATIVE,
    legalComments: 'none',
    // Source text stays in memory while a program runs. Names stay: stack traces are read.
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [englishOnly],
    metafile: true,
    // CommonJS packages inside the bundle ask for `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  })
  return metafile
}

/** zod brings its messages in fifty languages; the agent's are read by operators and programs. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js'",
      resolveDir: dirname(path),
    }))
  },
}
