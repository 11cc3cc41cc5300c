import { Settings } from '@storecast/cloud/config'
import { jsonSchemas } from '@storecast/fleet/schemas'
import * as contracts from '@storecast/shared/contracts'
import { z } from 'zod'
import { ConfigFile } from '../../agent/config.ts'
import { openDocComments } from './doc-comments.ts'
import type { JsonSchema } from './json-schema.ts'
import { type Patterns, patternsOf } from './type-text.ts'

/** Every schema that people write YAML for, with the comments of its source as descriptions. */
export interface DescribedSchemas {
  readonly agent: JsonSchema
  readonly cloud: JsonSchema
  /** By kind, in the order in which they are applied. */
  readonly kinds: ReadonlyMap<string, JsonSchema>
  /** What the variables that hold secrets are for, by their names in the programs. */
  readonly secrets: { readonly agent: ReadonlyMap<string, string>; readonly cloud: ReadonlyMap<string, string> }
  readonly patterns: Patterns
}

const AGENT = 'agent/config.ts'
const CLOUD = 'cloud/config.ts'
const KINDS = 'fleet/code/kinds.ts'

/** Reads the sources under `root`; takes some seconds. */
export function describedSchemas(root: string): DescribedSchemas {
  const comments = openDocComments(root, [AGENT, CLOUD, KINDS])
  const plain = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' }) as JsonSchema
  const kinds = [...jsonSchemas().values()].map((schema) => {
    const kind = (schema as JsonSchema).title!
    return [
      kind,
      comments.describe(schema as JsonSchema, { file: KINDS, name: 'KINDS', path: [kind, 'schema'] }),
    ] as const
  })
  return {
    agent: comments.describe(plain(ConfigFile), { file: AGENT, name: 'ConfigFile' }),
    cloud: comments.describe(plain(Settings), { file: CLOUD, name: 'Settings' }),
    kinds: new Map(kinds),
    secrets: {
      agent: comments.fieldsOf(AGENT, 'AgentSecrets'),
      cloud: comments.fieldsOf(CLOUD, 'CloudSecrets'),
    },
    patterns: patternsOf([ConfigFile, Settings, ...Object.values(contracts).filter((one) => one instanceof z.ZodType)]),
  }
}
