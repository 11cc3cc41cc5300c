import { z } from 'zod'
import { formsOf, type JsonSchema } from './json-schema.ts'
import { code } from './markdown.ts'

/** What a pattern asks for, in the words of the schema that has it: `lower-case letters, digits, "-" and "_" only`. */
export type Patterns = ReadonlyMap<string, string>

/** Collects the words that schemas refuse a text with, by pattern. Where they differ in their beginning, what they share. */
export function patternsOf(schemas: Iterable<z.ZodType>): Patterns {
  const found = new Map<string, string>()
  const collect = (zod: z.core.$ZodTypes) => {
    for (const check of zod._zod.def.checks ?? []) {
      const { pattern, error } = check._zod.def as { pattern?: RegExp; error?: (issue: never) => unknown }
      const words = pattern && error?.({} as never)
      if (typeof words !== 'string') continue
      const before = found.get(pattern!.source)
      found.set(pattern!.source, before === undefined || before === words ? words : words.replace(/^[^:]*: /, ''))
    }
  }
  for (const schema of schemas) {
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: ({ zodSchema }) => collect(zodSchema) })
  }
  return found
}

const UNITS: Readonly<Record<string, string>> = {
  BytesPerSecond: 'bytes/s',
  Percent: '%',
  Seconds: 's',
  Minutes: 'min',
  Hours: 'h',
  Days: 'days',
  Bytes: 'bytes',
  Mb: 'MiB',
  Ms: 'ms',
}

/** The unit that a field's name ends in, as `soakMinutes`; names of metrics have theirs in snake case. */
export function unitOf(name: string): string | undefined {
  const last = name
    .split('.')
    .at(-1)!
    .replaceAll(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
  const ending = Object.keys(UNITS).find((one) => last.endsWith(one) || EXACT.has(last))
  return ending && UNITS[EXACT.get(last) ?? ending]
}
/** Names that are nothing but a unit. */
const EXACT: ReadonlyMap<string, string> = new Map([
  ['bytesPerSecond', 'BytesPerSecond'],
  ['bytes', 'Bytes'],
  ['seconds', 'Seconds'],
])

const FORMATS: Readonly<Record<string, string>> = {
  uri: 'URL',
  email: 'e-mail address',
  'date-time': 'time (ISO 8601)',
  date: 'date (2026-03-29)',
  uuid: 'UUID',
  binary: 'bytes',
}

export interface TypeOptions {
  readonly patterns: Patterns
  /** What a program answers is within its limits: they are not told. */
  readonly answered?: boolean
}

/** In words: `integer, 1 to 500`, `list of texts`, `hold` or `abort`; that it may be null is told. */
export function typeText(schema: JsonSchema, name: string, options: TypeOptions): string {
  const { forms, nullable } = formsOf(schema)
  const texts = forms.flatMap((form) => formTexts(form, name, options))
  return or([...new Set(texts), ...(nullable ? [code('null')] : [])])
}

/** `a, b or c`; with semicolons where one of them has a comma of its own. */
export function or(texts: readonly string[]): string {
  const isLong = texts.some((text) => text.includes(','))
  if (texts.length < 2) return texts[0] ?? 'anything'
  return `${texts.slice(0, -1).join(isLong ? '; ' : ', ')}${isLong ? ';' : ''} or ${texts.at(-1)}`
}

function formTexts(schema: JsonSchema, name: string, options: TypeOptions): readonly string[] {
  if (schema.const !== undefined) return [code(String(schema.const))]
  if (schema.enum) return schema.enum.map((value) => code(String(value)))
  if (schema.type === 'boolean') return ['`true`', '`false`']
  return [formText(schema, name, options)]
}

function formText(schema: JsonSchema, name: string, options: TypeOptions): string {
  const { additionalProperties: others, properties, prefixItems, items, type } = schema
  const unit = unitOf(name)
  const within = { ...options, answered: true }
  switch (type) {
    case 'string':
      return stringText(schema, options)
    case 'integer':
    case 'number':
      return type + (unit ? ` (${unit})` : '') + (options.answered ? '' : span(schema))
    case 'array':
      if (prefixItems) return `[${prefixItems.map((item) => typeText(item, '', within)).join(', ')}]`
      return `list of ${items ? plural(typeText(items, '', within)) : 'anything'}${options.answered ? '' : length(schema)}`
    case 'object':
      if (properties || typeof others !== 'object') return 'object'
      return `map of names to ${plural(typeText(others, '', within))}`
    default:
      return 'anything'
  }
}

function stringText(
  { format, pattern, maxLength, allOf = [] }: JsonSchema,
  { patterns, answered }: TypeOptions,
): string {
  const kind = (format && FORMATS[format]) ?? 'text'
  if (answered) return kind
  const most = maxLength === undefined || format ? '' : `, at most ${figure(maxLength)} characters`
  const [said] = [pattern, ...allOf.map((one) => one.pattern)].flatMap((one) => (one && patterns.get(one)) || [])
  if (!said) return kind + most
  // "a duration: a whole number and s, m, h or d" is a duration (a whole number and s, m, h or d).
  const [, what, how] = /^an? (.+?)(?:: (.+))?$/.exec(said.replaceAll('"', '`')) ?? []
  if (what) return what + (how ? ` (${how})` : '')
  return `${kind} (${said.replaceAll('"', '`')})${most}`
}

/** JSON's own limits of whole numbers say nothing. */
function span({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: JsonSchema): string {
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined
  const multiple = multipleOf === undefined ? '' : `, a multiple of ${multipleOf}`
  if (low !== undefined && high !== undefined) return `, ${figure(low)} to ${figure(high)}${multiple}`
  const bounds = [
    low !== undefined && `${figure(low)} or more`,
    exclusiveMinimum !== undefined && `above ${figure(exclusiveMinimum)}`,
    high !== undefined && `at most ${figure(high)}`,
    exclusiveMaximum !== undefined && `below ${figure(exclusiveMaximum)}`,
  ].filter(Boolean)
  return bounds.map((bound) => `, ${bound}`).join('') + multiple
}

function length({ minItems, maxItems }: JsonSchema): string {
  if (minItems && maxItems) return `, ${figure(minItems)} to ${figure(maxItems)} of them`
  if (maxItems) return `, at most ${figure(maxItems)}`
  return minItems ? `, ${figure(minItems)} or more` : ''
}

const figure = (value: number) => (value >= 10_000 ? value.toLocaleString('en') : String(value))

const plural = (text: string) =>
  text.replace(/^(text|integer|number|object|URL|time|list|e-mail address)\b/, (one) =>
    one.endsWith('s') ? `${one}es` : `${one}s`,
  )
