/** As much of JSON Schema 2020-12 as zod and the OpenAPI document use. */
export interface JsonSchema {
  readonly title?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly propertyNames?: JsonSchema
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
}

/** The forms that a value may take, null apart: `string or null` is a string that may be null. */
export function formsOf(schema: JsonSchema): { readonly forms: readonly JsonSchema[]; readonly nullable: boolean } {
  const variants = schema.anyOf ?? schema.oneOf
  if (variants) {
    const forms = variants.flatMap((variant) => formsOf(variant).forms)
    return { forms, nullable: variants.some((variant) => formsOf(variant).nullable) }
  }
  if (schema.type === 'null') return { forms: [], nullable: true }
  if (!Array.isArray(schema.type)) return { forms: [schema], nullable: false }
  const types = (schema.type as readonly string[]).filter((type) => type !== 'null')
  return { forms: types.map((type) => ({ ...schema, type })), nullable: types.length < schema.type.length }
}

/** Whether it has fields of its own to tell. */
export const hasFields = ({ properties }: JsonSchema): boolean =>
  properties !== undefined && Object.keys(properties).length > 0
