import { open } from 'node:fs/promises'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'

/** A file of the fleet as code that cannot be used. Each problem is a line: file, line, field, what was expected. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
  readonly code: 'unreadable' | 'not-yaml' | 'invalid'
  readonly problems: readonly string[]

  constructor(code: DocumentError['code'], problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options)
    this.code = code
    this.problems = problems
  }
}

const MAX_BYTES = 256 * 1024

/** Reads one YAML (or JSON) document of a kind. @throws DocumentError */
export async function readDocument<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
  const buffer = Buffer.alloc(MAX_BYTES + 1)
  let size: number
  try {
    await using file = await open(path)
    size = (await file.read(buffer, 0, buffer.length, 0)).bytesRead
  } catch (cause) {
    throw new DocumentError('unreadable', [`${path}: ${(cause as Error).message}`], { cause })
  }
  if (size > MAX_BYTES) throw new DocumentError('unreadable', [`${path}: more than ${MAX_BYTES} bytes`])
  return parseText(buffer.toString('utf8', 0, size), path, schema)
}

/** @param path stands in the messages. @throws DocumentError */
export function parseText<T extends z.ZodType>(text: string, path: string, schema: T): z.output<T> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = syntaxProblems(document, { path, lines })
  if (broken.length > 0) throw new DocumentError('not-yaml', broken, { cause: document.errors[0] })
  const result = schema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (result.success) return result.data
  const said = fieldProblems(document, schemaProblems(result.error), { path, lines })
  throw new DocumentError('invalid', said, { cause: result.error })
}

interface Source {
  /** Of the file, for messages. */
  readonly path: string
  readonly lines: LineCounter
}

const place = ({ path, lines }: Source, offset: number): string => {
  const { line, col } = lines.linePos(offset)
  return `${path}:${line}:${col}`
}

/** Why the text is no YAML, a line each; empty where it is. */
export const syntaxProblems = ({ errors }: Document.Parsed, source: Source): string[] =>
  errors.map(({ pos, message }) => `${place(source, pos[0])}: not YAML: ${message}`)

/** A field, and what was expected there. */
export interface Problem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** What a schema has against a document: what fields mean together is said once each of them can be read. */
export function schemaProblems({ issues }: z.ZodError): Problem[] {
  const shape = issues.filter(({ code }) => code !== 'custom')
  return flatten(shape.length > 0 ? shape : issues)
}

/** `fleet/rollout.yaml:8:18: spec.steps[1].setWeight: what was expected`, in the order of the file. */
export function fieldProblems(document: Document.Parsed, problems: readonly Problem[], source: Source): string[] {
  /** Where the field is; of one that is missing, where it would be. */
  const offsetOf = (field: readonly PropertyKey[]): number => {
    for (let depth = field.length; depth >= 0; depth--) {
      const node = depth === 0 ? document.contents : document.getIn(field.slice(0, depth), true)
      if (isNode(node) && node.range) return node.range[0]
    }
    return 0
  }
  return problems
    .map((problem) => ({ ...problem, offset: offsetOf(problem.path) }))
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ path: field, message, offset }) => {
      const name = field.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
      return `${place(source, offset)}: ${name.slice(name.startsWith('.') ? 1 : 0) || 'document'}: ${message}`
    })
}

/** Of a field that takes one of several forms, what the form that came nearest lacks; unknown fields by their own name. */
function flatten(issues: readonly z.core.$ZodIssue[], at: readonly PropertyKey[] = []): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = [...at, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], message: 'no such field here' }))
    }
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ path, message: issue.message }]
    const nearest = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0]!
    return depth(nearest) > 0
      ? flatten(nearest, path)
      : [{ path, message: issue.errors.flatMap((form) => form.map((one) => one.message)).join('; or ') }]
  })
}

const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(0, ...issues.map((issue) => issue.path.length))
