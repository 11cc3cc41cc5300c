import { formsOf, hasFields, type JsonSchema } from './json-schema.ts'
import { anchorOf, code, sentence, table } from './markdown.ts'
import { or, type Patterns, typeText } from './type-text.ts'

export interface FieldsOptions {
  readonly patterns: Patterns
  /** Of the headings of what is told apart: 3 for `###`. */
  readonly level: number
  /** Objects with so many fields are told under a heading of their own. */
  readonly apartFrom?: number
  /** What is written is told with its limits and defaults; what is answered, without. */
  readonly answered?: boolean
  /** Further words on a field, by its whole path, as the variable that sets it. */
  readonly more?: (path: string) => string | undefined
  /** In place of the fields of an object that is told elsewhere. */
  readonly elsewhere?: (schema: JsonSchema) => string | undefined
}

interface Apart {
  readonly schema: JsonSchema
  readonly path: string
  readonly heading: string
}

/**
 * Tables of an object's fields, whose names are told from the object on. Large objects, and variants that are told apart by a
 * constant, have tables of their own, below. @param path of the object in the document; empty for the document itself
 */
export function fieldsText(schema: JsonSchema, path: string, options: FieldsOptions): string {
  const apart: Apart[] = []
  const rows = objectRows(schema, { ...options, apart, base: path, path: '' })
  const blocks = rows.length === 0 ? [] : [fieldsTable(rows, options.answered === true)]
  for (const { heading, schema: inner, path: at } of apart) {
    const said = inner.description ? [sentence(inner.description)] : []
    blocks.push(`${'#'.repeat(options.level)} ${heading}`, ...said, fieldsText(inner, at, options))
  }
  return blocks.join('\n\n')
}

interface Row {
  readonly name: string
  readonly value: string
  readonly preset: string
  readonly what: string
}

/** Columns that say nothing are left out. */
function fieldsTable(rows: readonly Row[], answered: boolean): string {
  const columns = [
    ['field', ({ name }: Row) => code(name)] as const,
    ['value', ({ value }: Row) => value] as const,
    ...(answered ? [] : [['default', ({ preset }: Row) => preset] as const]),
    ...(rows.some(({ what }) => what) ? [['what', ({ what }: Row) => what] as const] : []),
  ]
  return table(
    columns.map(([head]) => head),
    rows.map((row) => columns.map(([, cell]) => cell(row))),
  )
}

/** `base` and `path` are the way to the object, of which the table tells `path`. */
type RowsOptions = FieldsOptions & { readonly apart: Apart[]; readonly base: string; readonly path: string }

const join = (...parts: readonly string[]) => parts.filter(Boolean).join('.')

const objectRows = ({ properties = {}, required = [] }: JsonSchema, options: RowsOptions): Row[] =>
  Object.entries(properties).flatMap(([name, field]) =>
    fieldRows(field, { ...options, path: join(options.path, name), isRequired: required.includes(name) }),
  )

function fieldRows(field: JsonSchema, options: RowsOptions & { readonly isRequired: boolean }): Row[] {
  const { patterns, apartFrom = 4, more, elsewhere, apart, base, path, isRequired, answered = false } = options
  const { inner, suffix } = innermost(field)
  const { forms } = formsOf(inner)
  const objects = forms.filter(hasFields)
  const whole = join(base, path) + suffix
  const row = (value: string): Row => ({
    name: path,
    value: answered && !isRequired ? `${value}; may be absent` : value,
    preset: isRequired ? '**required**' : defaultText(field.default),
    what: [field.description, more?.(join(base, path))].flatMap((one) => (one ? [sentence(one)] : [])).join(' '),
  })
  const text = typeText(field, path, { patterns, answered })
  const linked = (heading: string) => text.replace(/\bobjects?\b/, (word) => `[${word}](#${anchorOf(heading)})`)
  const [object, ...others] = objects
  if (!object) return [row(text)]
  const told = elsewhere?.(object)
  if (told !== undefined && others.length === 0) return [row(text.replace(/\bobjects?\b/, told))]
  const isSmall = objects.every(({ properties }) => Object.keys(properties!).length === 1)
  if (others.length > 0 && isSmall) {
    return [row(or(forms.map((form) => (hasFields(form) ? smallText(form, options) : typeText(form, path, options)))))]
  }
  if (others.length > 0) {
    const variants = objects.map((one, index) => ({ one, words: distinction(one, index) }))
    for (const { one, words } of variants) apart.push({ heading: `${code(whole)} ${words}`, schema: one, path: whole })
    const links = variants.map(({ words }) => `[${words}](#${anchorOf(`${code(whole)} ${words}`)})`)
    const plain = forms.filter((form) => !hasFields(form)).map((form) => typeText(form, path, options))
    return [row(`${suffix ? 'list of objects: ' : ''}${or([...plain, ...links])}`)]
  }
  if (Object.keys(object.properties!).length >= apartFrom) {
    apart.push({ heading: code(whole), schema: { ...object, description: '' }, path: whole })
    return [row(linked(code(whole)))]
  }
  const isTold = field.description || suffix || forms.length > 1 || text !== 'object'
  const own = isTold || (!isRequired && field.default === undefined) ? [row(text)] : []
  return [...own, ...objectRows(object, { ...options, path: path + suffix })]
}

/** Within lists and maps: what their entries are, and how one writes the way there. */
function innermost(field: JsonSchema, suffix = ''): { inner: JsonSchema; suffix: string } {
  const [only, ...others] = formsOf(field).forms
  if (!only || others.length > 0) return { inner: field, suffix }
  if (only.items) return innermost(only.items, `${suffix}[]`)
  const { additionalProperties: values, properties } = only
  if (typeof values === 'object' && !properties && Object.keys(values).length > 0)
    return innermost(values, `${suffix}.<name>`)
  return { inner: field, suffix }
}

function smallText({ properties = {} }: JsonSchema, options: RowsOptions): string {
  const [[name, value] = ['', {}]] = Object.entries(properties)
  return `${code(name)}: ${typeText(value, name, options)}`
}

/** By what one tells a variant from the others: a constant of its own, or else the field that it must have. */
function distinction({ properties = {}, required = [] }: JsonSchema, index: number): string {
  const constant = Object.entries(properties).find(([, { const: value }]) => value !== undefined)
  if (constant) return `with ${code(`${constant[0]}: ${constant[1].const}`)}`
  const [first] = required
  return first ? `with ${code(first)}` : `form ${index + 1}`
}

function defaultText(value: unknown): string {
  if (value === undefined) return '–'
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  if (isEmpty) return Array.isArray(value) ? 'none' : '–'
  return code(typeof value === 'string' ? value || '""' : JSON.stringify(value))
}
