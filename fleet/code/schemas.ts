import { z } from 'zod'
import { KINDS, type Kind } from './kinds.ts'

export { permissionsTable } from '@storecast/cloud/permissions'

/** JSON Schema (2020-12) of every kind, by file name: `policy.schema.json`. */
export function jsonSchemas(): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  return new Map(
    Object.entries<Kind>(KINDS).map(([kind, { schema }]) => {
      const file = `${kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.schema.json`
      return [file, { title: kind, ...z.toJSONSchema(schema, { io: 'input' }) }]
    }),
  )
}
