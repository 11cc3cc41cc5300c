/**
 * Builds the pages that programs serve, where their sources changed since they were built, compresses their files, and holds
 * each to the bytes that its first look may cost. With folders as arguments, those alone.
 */
import { createHash } from 'node:crypto'
import { existsSync, globSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build } from 'vite'

const root = join(import.meta.dirname, '..', '..')

interface Pages {
  /** With its vite.config.ts; the built files go to its `dist`. */
  readonly folder: string
  /** What else it is built from, beside its folder. */
  readonly from: readonly string[]
  /** Gzipped bytes of page, scripts and styles before anything can be done. */
  readonly budget: number
}

const PAGES: readonly Pages[] = [
  { folder: 'cloud/console', from: ['shared/**/*.ts', 'package-lock.json'], budget: 300_000 },
  { folder: 'agent/page', from: ['package-lock.json'], budget: 60_000 },
]

/** One file of Vite's manifest. */
interface Chunk {
  readonly file: string
  readonly isEntry?: boolean
  readonly imports?: readonly string[]
  readonly css?: readonly string[]
}

const COMPRESSED = /\.(js|css|svg)$/

const wanted = process.argv.slice(2)
for (const pages of PAGES) if (wanted.length === 0 || wanted.includes(pages.folder)) await bring(pages)

async function bring({ folder, from, budget }: Pages): Promise<void> {
  const dist = join(root, folder, 'dist')
  const mark = join(dist, '.built-from')
  const digest = digestOf([`${folder}/**/*.{ts,tsx,css,html,svg,png,json,webmanifest}`, ...from])
  if (existsSync(mark) && readFileSync(mark, 'utf8') === digest) return
  const began = performance.now()
  // Beside where it will be, so that a program that starts meanwhile finds whole pages.
  const outDir = `${dist}-${process.pid}`
  try {
    await build({ configFile: join(root, folder, 'vite.config.ts'), logLevel: 'warn', build: { outDir } })
    const bytes = firstLook(outDir)
    if (bytes > budget) throw new Error(`${folder}: the first look costs ${bytes} bytes gzipped, over ${budget}`)
    compress(join(outDir, 'assets'))
    writeFileSync(join(outDir, '.built-from'), digest)
    replace(dist, outDir)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    console.error(`${folder}: built in ${seconds} s, ${Math.round(bytes / 1000)} kB gzipped at first look`)
  } finally {
    rmSync(outDir, { recursive: true, force: true })
  }
}

/** In a moment for who reads them; somebody who builds the same beside us may be first, again and again. */
function replace(dist: string, built: string): void {
  const before = `${built}0`
  for (let isDone = false; !isDone; ) {
    moved(dist, before, 'ENOENT')
    isDone = moved(built, dist, 'ENOTEMPTY')
    rmSync(before, { recursive: true, force: true })
  }
}

/** @returns false where that is in the way */
function moved(from: string, to: string, inTheWay: 'ENOENT' | 'ENOTEMPTY'): boolean {
  try {
    renameSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === inTheWay) return false
    throw error
  }
}

function digestOf(patterns: readonly string[]): string {
  const hash = createHash('sha256')
  const isBuilt = (path: string) => /(^|\/)(dist(-\d+)?|node_modules)\//.test(path) || path.endsWith('.test.ts')
  for (const path of globSync([...patterns], { cwd: root })
    .filter((path) => !isBuilt(path))
    .sort()) {
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
  }
  return hash.digest('hex')
}

/** Gzipped bytes of the page and of all that it loads before it can be used. */
function firstLook(dist: string): number {
  const manifest: Record<string, Chunk> = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8'))
  const files = new Set(['index.html'])
  const take = ({ file, imports = [], css = [] }: Chunk) => {
    if (files.has(file)) return
    for (const one of [file, ...css]) files.add(one)
    for (const name of imports) take(manifest[name]!)
  }
  for (const chunk of Object.values(manifest)) if (chunk.isEntry) take(chunk)
  return [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0)
}

/** Once here rather than at every request. */
function compress(assets: string): void {
  for (const name of readdirSync(assets).filter((name) => COMPRESSED.test(name))) {
    const path = join(assets, name)
    const content = readFileSync(path)
    writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
    writeFileSync(`${path}.br`, brotliCompressSync(content))
  }
}
