import { fieldsText } from './fields.ts'
import { page, sentence, table } from './markdown.ts'
import type { DescribedSchemas } from './schemas.ts'

/** Shipped documents that show each kind; tests of theirs keep them valid. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  DeviceGroup: 'fleet/groups/eu-shops.yaml',
  Policy: 'fleet/policies/metrics-gate.yaml',
  PolicyTest: 'fleet/policies/tests/shipped.yaml',
  AlertRule: 'fleet/alerts/device-silent.yaml',
  AlertRoute: 'fleet/alerts/routes/slack.yaml',
  Dataset: 'fleet/datasets/cold-chain.yaml',
  Rollout: 'fleet/rollouts/demand.yaml',
  ModelDefinition: 'models/definitions/demand.yaml',
}

const slug = (kind: string) => kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()

/** The page of each kind, by its path within the reference. @param examples texts of `EXAMPLES`, by kind */
export function kindPages(
  { kinds, patterns }: DescribedSchemas,
  examples: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const pages = [...kinds].map(([kind, schema]) => {
    const { metadata, spec } = schema.properties ?? {}
    const [example] = (examples.get(kind) ?? '').split(/^---$/m)
    const text = page(
      `# ${kind}`,
      schema.description && sentence(schema.description),
      `Begins with \`apiVersion: storecast/v1\` and \`kind: ${kind}\`. Editors check it by [its JSON Schema](../../../fleet/schemas/${slug(kind)}.schema.json).`,
      metadata && `## metadata\n\n${fieldsText(metadata, 'metadata', { patterns, level: 3, apartFrom: 99 })}`,
      spec && `## spec\n\n${fieldsText(spec, 'spec', { patterns, level: 3 })}`,
      example &&
        `## Example\n\n[${EXAMPLES[kind]}](../../../${EXAMPLES[kind]}):\n\n\`\`\`yaml\n${example.trim()}\n\`\`\``,
    )
    return [`kinds/${slug(kind)}.md`, text] as const
  })
  return new Map(pages)
}

export const kindIndex = ({ kinds }: DescribedSchemas): string =>
  table(
    ['kind', 'what'],
    [...kinds].map(([kind, { description = '' }]) => [`[${kind}](kinds/${slug(kind)}.md)`, sentence(description)]),
  )
