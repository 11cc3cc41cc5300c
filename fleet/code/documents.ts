import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Document, isNode, LineCounter, parseAllDocuments } from 'yaml'
import type { z } from 'zod'
import { type Fault, KINDS, kindOf } from './kinds.ts'

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
      errors.push(`${one.file}:${one.line}: metadata.name: ${key} stands in ${first.file}:${first.line} already`)
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
  for (const parsed of parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })) {
    const lineAt = (offset: number) => lines.linePos(offset).line
    if (parsed.errors.length > 0) {
      errors.push(...parsed.errors.map(({ message, pos }) => `${file}:${lineAt(pos[0])}: not valid YAML: ${message}`))
      continue
    }
    const value = parsed.toJS() as { apiVersion?: unknown; kind?: unknown } | null
    if (typeof value?.apiVersion !== 'string' || !value.apiVersion.startsWith('storecast/')) continue
    const say = ({ at, message }: Fault) =>
      errors.push(`${file}:${lineAt(offsetOf(parsed, at === '' ? [] : at.split('.')))}: ${at && `${at}: `}${message}`)
    const kind = kindOf(value.kind)
    if (!kind) {
      say({ at: 'kind', message: `expected ${Object.keys(KINDS).join(', ')}, and it is ${JSON.stringify(value.kind)}` })
      continue
    }
    const checked = kind.schema.safeParse(value)
    const faults = checked.success ? kind.faults?.(checked.data as never) : checked.error.issues.flatMap(faultsOf)
    for (const fault of faults ?? []) say(fault)
    if (!checked.success || faults?.length) continue
    const { metadata } = checked.data as { metadata: { name: string } }
    const line = lineAt(offsetOf(parsed, []))
    found.push({ kind: String(value.kind), name: metadata.name, file, line, document: checked.data })
  }
}

/** An issue of the schema as places and what was expected there; what is unknown has a place of its own. */
function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  const path = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys') return [{ at: path.join('.'), message: issue.message }]
  return issue.keys.map((key) => ({ at: [...path, key].join('.'), message: 'there is no such field here' }))
}

/** Where a field stands, or what is nearest to where it should. */
function offsetOf(parsed: Document.Parsed, path: readonly string[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = parsed.getIn(path.slice(0, length).map(asKey), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return parsed.contents?.range?.[0] ?? 0
}

const asKey = (part: string): string | number => (/^\d+$/.test(part) ? Number(part) : part)
