import { fieldsText } from './fields.ts'
import { formsOf, hasFields, type JsonSchema } from './json-schema.ts'
import { anchorOf, code, page, sentence, table } from './markdown.ts'
import { type Patterns, typeText } from './type-text.ts'

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>>
}
interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: JsonSchema
}
interface Operation {
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content & { readonly description?: string }>>
  readonly 'x-permission'?: string
  readonly 'x-sites'?: string
}
/** As much of OpenAPI 3.1 as the cloud's description uses. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components?: { readonly schemas?: Readonly<Record<string, JsonSchema>> }
}

interface Route {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

const SITES: Readonly<Record<string, string>> = {
  all: 'refused to accounts with a label limit',
  filtered: 'an account’s label limit leaves out what lies outside',
}
const sitesText = (sites: string | undefined) => {
  if (sites === undefined || sites === 'none') return ''
  return `; ${SITES[sites] ?? `${code(sites.split('.')[1]!)} must lie within the account’s label limit`}`
}

const slug = (tag: string) => tag.replaceAll(' ', '-')
const titleOf = (tag: string) => tag[0]!.toUpperCase() + tag.slice(1)

function routesByTag({ paths }: OpenApi): ReadonlyMap<string, readonly Route[]> {
  const byTag = new Map<string, Route[]>()
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? 'other'
      byTag.set(tag, [...(byTag.get(tag) ?? []), { method: method.toUpperCase(), path, operation }])
    }
  }
  return new Map([...byTag].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A page for each part of the API, by its path within the reference. */
export function apiPages(api: OpenApi, patterns: Patterns): ReadonlyMap<string, string> {
  return new Map(
    [...routesByTag(api)].map(([tag, routes]) => {
      const told: Tell['told'] = new Map()
      return [
        `api/${slug(tag)}.md`,
        page(
          `# API: ${tag}`,
          'How to call it, and what its refusals look like: [the API](README.md).',
          ...routes.map((route) => routeText(route, { api, patterns, told })),
        ),
      ]
    }),
  )
}

/** How the API is called, and every route with its page. */
export function apiIndex(api: OpenApi): string {
  const groups = [...routesByTag(api)].map(([tag, routes]) =>
    page(
      `## [${titleOf(tag)}](${slug(tag)}.md)`,
      table(
        ['call', 'does', 'permission'],
        routes.map(({ method, path, operation }) => [
          code(`${method} ${path}`),
          operation.summary ?? '',
          code(operation['x-permission'] ?? ''),
        ]),
      ),
    ).trim(),
  )
  return page(
    '# The API',
    'JSON over HTTP. The cloud describes all of it at `/v1/openapi.json` (OpenAPI 3.1), from which these pages are made.',
    '## Calling it',
    'With a token of [an account](../../operator/security.md#people), or of `storecast token create`:',
    '```sh\ncurl -H "authorization: Bearer $STORECAST_TOKEN" https://cloud.example/v1/devices?limit=2\n```',
    'A browser that has signed in shows its cookie instead. Times are Unix milliseconds in UTC unless a field says otherwise. Each call names [the permission](../permissions.md) that it needs; an account that is [limited to some sites](../permissions.md#label-limits) sees and changes nothing beyond.',
    '## Lists',
    'come in pages: `{"items": […], "next": "…"}`. Give `next` as `cursor` for the next page; without a `next`, the page is the last. `limit` says how many items a page may hold.',
    '## Refusals',
    'are problems by RFC 9457, of the type `application/problem+json`: `status`, `title`, a stable `code` for programs, and a `detail` that says what was wrong, where, and what to do. Warnings of policies come in the header `storecast-warnings` of an answer that succeeded.',
    ...groups,
  )
}

interface Tell {
  readonly api: OpenApi
  readonly patterns: Patterns
  /** Headings of the calls that told an object first, by the object. */
  readonly told: Map<string, string>
}

function routeText({ method, path, operation }: Route, tell: Tell): string {
  const { summary = '', description, parameters = [], requestBody, responses } = operation
  const permission = operation['x-permission']
  const heading = code(`${method} ${path}`)
  const needs =
    permission === 'public' ? 'For everybody.' : `Needs ${code(permission ?? '')}${sitesText(operation['x-sites'])}.`
  return page(
    `## ${heading}`,
    sentence(summary),
    description && sentence(description),
    needs,
    parameters.length > 0 ? parametersText(parameters, tell) : '',
    ...contents(requestBody).map(([type, schema]) => bodyText({ lead: '**Takes**', type, schema, heading }, tell)),
    ...Object.entries(responses)
      .filter(([status]) => /^[123]/.test(status))
      .map(([status, response]) => answerText(status, response, { tell, heading })),
  ).trim()
}

const contents = (body: Content | undefined) =>
  Object.entries(body?.content ?? {}).map(([type, { schema = {} }]) => [type, schema] as const)

const parametersText = (parameters: readonly Parameter[], { patterns }: Tell) => {
  const said = ({ description, schema }: Parameter) => sentence(description ?? schema.description ?? '')
  const what = parameters.some(said) ? ['what'] : []
  return table(
    ['parameter', 'value', 'default', ...what],
    parameters
      .toSorted((a, b) => Number(a.in !== 'path') - Number(b.in !== 'path'))
      .map((parameter) => [
        parameter.in === 'path' ? `${code(parameter.name)} in the path` : code(parameter.name),
        typeText(parameter.schema, parameter.name, { patterns }),
        parameter.required ? '**required**' : presetText(parameter.schema.default),
        ...what.map(() => said(parameter)),
      ]),
  )
}
/** Of a span without an end: the last instant of JavaScript. */
const NO_END = 8_640_000_000_000_000
const presetText = (value: unknown) =>
  value === undefined ? '–' : value === NO_END ? 'no end' : code(JSON.stringify(value))

function answerText(
  status: string,
  response: Content,
  { tell, heading }: { readonly tell: Tell; readonly heading: string },
): string {
  const answers = contents(response)
  const lead = `**Answers** ${status}`
  if (answers.length === 0) return `${lead}, without a body.`
  return answers.map(([type, schema]) => bodyText({ lead, type, schema, heading }, tell)).join('\n\n')
}

interface Body {
  readonly lead: string
  readonly type: string
  readonly schema: JsonSchema
  /** Of the call. */
  readonly heading: string
}

function bodyText({ lead, type, schema, heading }: Body, { api, patterns, told }: Tell): string {
  const answered = lead !== '**Takes**'
  const head = type === 'application/json' ? lead : `${lead} ${code(type)}`
  const { whole, what } = unwrapped(resolved(schema, api))
  const said = what ?? (whole.description ? sentence(whole.description) : '')
  const kind = documentKind(whole)
  if (kind) return `${head}: ${what ? `${what} ` : 'a document of the kind '}[${kind.name}](../kinds/${kind.file}).`
  if (!hasFields(whole)) return `${head}: ${said || `${typeText(whole, '', { patterns, answered })}.`}`
  const same = JSON.stringify([answered, whole.properties])
  const before = told.get(same)
  if (before) return `${head}: ${what ? `${what} ` : ''}[as above](#${anchorOf(before)}).`
  told.set(same, heading)
  const elsewhere = (object: JsonSchema) => {
    const named = documentKind(object)
    return named && `[${named.name}](../kinds/${named.file})`
  }
  const fields = fieldsText(whole, '', { patterns, answered, elsewhere, level: 3, apartFrom: 99 })
  return page(`${head}: ${said}`.trim(), fields).trim()
}

/** A page of a list is told by its items. */
function unwrapped(schema: JsonSchema): { whole: JsonSchema; what?: string } {
  const { items, next } = schema.properties ?? {}
  const [item] = items?.items ? formsOf(items.items).forms : []
  const isPage = items && next && Object.keys(schema.properties!).length === 2
  return isPage && item && hasFields(item) ? { whole: item, what: 'a [page](README.md#lists) of' } : { whole: schema }
}

function documentKind({ properties }: JsonSchema): { name: string; file: string } | undefined {
  const name = properties?.apiVersion?.const !== undefined && properties.kind?.const
  if (typeof name !== 'string') return undefined
  return { name, file: `${name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.md` }
}

/** References replaced by what they name; within itself, a schema is left as anything. */
function resolved(schema: JsonSchema, api: OpenApi, within: readonly string[] = []): JsonSchema {
  const { $ref, enum: values } = schema
  // A single value is a constant, by which variants are told apart.
  if (values?.length === 1) return { ...schema, const: values[0] }
  if ($ref) {
    const target = api.components?.schemas?.[$ref.split('/').at(-1)!]
    return target && !within.includes($ref) ? resolved(target, api, [...within, $ref]) : {}
  }
  const inner = (one: JsonSchema) => resolved(one, api, within)
  const { properties, items, anyOf, oneOf, additionalProperties: others } = schema
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, inner(field)])),
    }),
    ...(items && { items: inner(items) }),
    ...(anyOf && { anyOf: anyOf.map(inner) }),
    ...(oneOf && { oneOf: oneOf.map(inner) }),
    ...(typeof others === 'object' && { additionalProperties: inner(others) }),
  }
}
