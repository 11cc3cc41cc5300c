import { SECRETS as CLOUD_SECRETS, VARIABLES } from '@storecast/cloud/config'
import { SECRETS as AGENT_SECRETS } from '../../agent/config.ts'
import { fieldsText } from './fields.ts'
import { formsOf, hasFields, type JsonSchema } from './json-schema.ts'
import { code, page, sentence, table } from './markdown.ts'
import type { DescribedSchemas } from './schemas.ts'

/** A value that no setting has, by which a variable shows where it goes. */
const MARK = 'marked'

export function agentConfigPage(
  { agent, secrets, patterns }: DescribedSchemas,
  files: { readonly example: string },
): string {
  return page(
    '# Configuration of the agent',
    'A YAML file, which `storecast-agent run --config agent.yaml` names. Only `device` is required. A field that is not listed here is refused, with its line.',
    settingsText(agent, { patterns }),
    '## Secrets',
    'Never in the file: from the environment, or from a file that the configuration names.',
    table(
      ['variable', 'what'],
      Object.entries(AGENT_SECRETS).map(([name, variable]) => [code(variable), said(secrets.agent.get(name))]),
    ),
    '## Example',
    'The file [agent/config.example.yaml](../../agent/config.example.yaml), with every section.',
    `\`\`\`yaml\n${files.example.trim()}\n\`\`\``,
  )
}

export function cloudConfigPage({ cloud, secrets, patterns }: DescribedSchemas): string {
  const variables = new Map(Object.entries(VARIABLES).map(([name, read]) => [pathOf(read(MARK)), name]))
  const more = (path: string) => {
    const variable = variables.get(path)
    return variable && `Also ${code(variable)}.`
  }
  return page(
    '# Configuration of the cloud',
    'A YAML file, which the variable `STORECAST_CONFIG` names; without one, everything has its default. Where a setting has a variable of its own, the variable goes over the file. A field that is not listed here is refused.',
    settingsText(cloud, { patterns, more }),
    '## Secrets',
    'Never in the file: from the environment, or, with `_FILE` after the variable’s name, from the file that it names.',
    table(
      ['variable', 'what'],
      [
        ...Object.entries(CLOUD_SECRETS).map(([name, variable]) => [code(variable), said(secrets.cloud.get(name))]),
        ['`STORECAST_SECRET_…`', said(secrets.cloud.get('named'))],
      ],
    ),
  )
}

const said = (text: string | undefined) => sentence(text ?? '')

/** Single values first, then each section under its own heading. */
function settingsText(
  schema: JsonSchema,
  options: Pick<Parameters<typeof fieldsText>[2], 'patterns' | 'more'>,
): string {
  const fields = Object.entries(schema.properties ?? {})
  const isSection = ([, field]: readonly [string, JsonSchema]) => formsOf(field).forms.some(hasFields)
  const single = Object.fromEntries(fields.filter((field) => !isSection(field)))
  const sections = fields.filter(isSection).map(([name, field]) => {
    const { forms } = formsOf(field)
    const [only] = forms
    const one = forms.length === 1 && only?.properties
    const inner = one ? fieldsText(only, name, { ...options, level: 3 }) : undefined
    const alone = { ...schema, properties: { [name]: { ...field, description: '' } } }
    return page(
      `## ${code(name)}`,
      said(field.description),
      inner ?? fieldsText(alone, '', { ...options, level: 3, apartFrom: 1 }),
    ).trim()
  })
  return page(
    '## General',
    fieldsText({ ...schema, properties: single }, '', { ...options, level: 3 }),
    ...sections,
  ).trim()
}

/** `http.port` of `{ http: { port: MARK } }`. */
function pathOf(setting: unknown): string {
  const [[name, inner] = []] = Object.entries(setting as Record<string, unknown>)
  return typeof inner === 'object' && inner !== null ? `${name}.${pathOf(inner)}` : String(name)
}
