import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LineCounter, parseAllDocuments } from 'yaml'
import { fieldProblems, type Problem, schemaProblems, syntaxProblems } from '../documents/read-document.ts'
import { KINDS, type Kind, kindOf } from './kinds.ts'

/** A document of ours, as it stands in a file. */
export interface FleetDocument {
  readonly kind: string
  readonly name: string
  readonly file: string
  readonly line: number
  /** As its schema reads it, defaults included. */
  readonly document: unknown
}

/** What is wrong in files, all of it: each with its file, line, field and what was expected. */
export class FileErrors extends Error {
  override readonly name = 'FileErrors'
  constructor(errors: readonly string[]) {
    super(errors.join('\n'))
  }
}

const MAX_FILE_BYTES = 4 * 1024 * 1024

/**
 * Reads every `apiVersion: storecast/v1` document of a file, or of the YAML files of a folder and those in it; other YAML
 * is left alone.
 * @throws FileErrors
 */
export async function readDocuments(path: string): Promise<FleetDocument[]> {
  const found: FleetDocument[] = []
  const errors: string[] = []
  for (const file of await filesOf(path)) {
    const { size } = await stat(file)
    if (size > MAX_FILE_BYTES) errors.push(`${file}: ${size} bytes; at most ${MAX_FILE_BYTES} are read`)
    else readText(file, await readFile(file, 'utf8'), { found, errors })
  }
  const seen = new Map<string, FleetDocument>()
  for (const one of found) {
    const key = `${one.kind} ${one.name}`
    const first = seen.get(key)
    if (first)
      errors.push(`${one.file}:${one.line}:1: metadata.name: ${key} stands in ${first.file}:${first.line} already`)
    seen.set(key, one)
  }
  if (errors.length > 0) throw new FileErrors(errors)
  return found
}

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path]
  const entries = await readdir(path, { withFileTypes: true, recursive: true })
  return entries
    .filter((one) => one.isFile() && /\.ya?ml$/.test(one.name) && !one.parentPath.includes('node_modules'))
    .map((one) => join(one.parentPath, one.name))
    .sort()
}

function readText(file: string, text: string, { found, errors }: { found: FleetDocument[]; errors: string[] }): void {
  const lines = new LineCounter()
  const source = { path: file, lines }
  for (const parsed of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })) {
    const broken = syntaxProblems(parsed, source)
    if (broken.length > 0) {
      errors.push(...broken)
      continue
    }
    const value = parsed.toJS({ maxAliasCount: 100 }) as { apiVersion?: unknown; kind?: unknown } | null
    if (typeof value?.apiVersion !== 'string' || !value.apiVersion.startsWith('storecast/')) continue
    const kind = kindOf(value.kind)
    const problems = kind ? problemsOf(kind, value) : [unknownKind(value.kind)]
    errors.push(...fieldProblems(parsed, problems, source))
    if (!kind || problems.length > 0) continue
    const document = kind.schema.parse(value) as { metadata: { name: string } }
    const { line } = lines.linePos(parsed.contents?.range?.[0] ?? 0)
    found.push({ kind: String(value.kind), name: document.metadata.name, file, line, document })
  }
}

function problemsOf({ schema, faults }: Kind, value: unknown): Problem[] {
  const checked = schema.safeParse(value)
  if (!checked.success) return schemaProblems(checked.error)
  const found = faults?.(checked.data as never) ?? []
  return found.map(({ at, message }) => ({ path: at === '' ? [] : at.split('.').map(asKey), message }))
}

const unknownKind = (kind: unknown): Problem => ({
  path: ['kind'],
  message: `expected ${Object.keys(KINDS).join(', ')}, and it is ${JSON.stringify(kind)}`,
})

const asKey = (part: string): string | number => (/^\d+$/.test(part) ? Number(part) : part)
