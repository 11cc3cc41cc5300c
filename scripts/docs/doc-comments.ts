import { resolve } from 'node:path'
import ts from 'typescript'
import type { JsonSchema } from './json-schema.ts'

/** Where a zod schema stands: an export of a file, and the way from its value to the schema. */
export interface SchemaPlace {
  readonly file: string
  readonly name: string
  /** `['Policy', 'schema']` of `KINDS`; default: the export itself. */
  readonly path?: readonly string[]
}

export interface DocComments {
  /** The schema with the comments of its source as descriptions. */
  describe(schema: JsonSchema, place: SchemaPlace): JsonSchema
  /** Comments of an interface's fields, by name. */
  fieldsOf(file: string, name: string): ReadonlyMap<string, string>
}

/**
 * Reads what stands above a schema's fields in its source: zod keeps only what `.describe` says, and TypeScript follows a
 * field to its comment through every alias, import and mapped type.
 */
export function openDocComments(root: string, files: readonly string[]): DocComments {
  const program = ts.createProgram(
    files.map((file) => resolve(root, file)),
    {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ESNext,
      strict: true,
      allowImportingTsExtensions: true,
      noEmit: true,
      types: [],
    },
  )
  const checker = program.getTypeChecker()
  const said = (symbol: ts.Symbol | undefined) =>
    ts
      .displayPartsToString(symbol?.getDocumentationComment(checker))
      .replaceAll(/\s*\n\s*/g, ' ')
      .trim()

  const symbolOf = (file: string, name: string): ts.Symbol => {
    const source = program.getSourceFile(resolve(root, file))
    const module = source && checker.getSymbolAtLocation(source)
    const found = module && checker.getExportsOfModule(module).find((symbol) => symbol.name === name)
    if (!found) throw new Error(`${file} exports no ${name}`)
    return found
  }
  const propertyOf = (type: ts.Type, name: string) => {
    const property = checker.getPropertyOfType(type, name)
    if (!property) throw new Error(`there is no ${name} in ${checker.typeToString(type)}`)
    return property
  }
  /** The symbol behind `{ schema: Policy }`, where its comment stands. */
  const original = (symbol: ts.Symbol) => {
    const declared = symbol.valueDeclaration
    if (!declared || !ts.isPropertyAssignment(declared)) return symbol
    const named = checker.getSymbolAtLocation(declared.initializer)
    return named && named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : (named ?? symbol)
  }

  /** Of a union, the member that the schema describes: it has its fields, with its constants. */
  const memberFor = (type: ts.Type, { properties = {}, required = [] }: JsonSchema): ts.Type | undefined => {
    const given = checker.getNonNullableType(type)
    const members = given.isUnion() ? given.types : [given]
    return members.find((member) =>
      Object.entries(properties).every(([name, field]) => {
        const property = checker.getPropertyOfType(member, name)
        if (!property) return !required.includes(name)
        const value = checker.getNonNullableType(checker.getTypeOfSymbol(property))
        return field.const === undefined || !value.isLiteral() || value.value === field.const
      }),
    )
  }
  const indexOf = (type: ts.Type, kind: ts.IndexKind): ts.Type | undefined => {
    const given = checker.getNonNullableType(type)
    for (const member of given.isUnion() ? given.types : [given]) {
      const found = checker.getIndexTypeOfType(member, kind)
      if (found) return found
    }
    return undefined
  }

  const walk = (schema: JsonSchema, type: ts.Type): JsonSchema => {
    const { properties, items, additionalProperties: others } = schema
    const member = properties && memberFor(type, schema)
    const field = ([name, inner]: [string, JsonSchema]) => {
      const property = member && checker.getPropertyOfType(member, name)
      if (!property) return [name, inner] as const
      const description = joined(said(property), inner.description)
      return [name, { ...walk(inner, checker.getTypeOfSymbol(property)), ...(description && { description }) }] as const
    }
    const element = items && indexOf(type, ts.IndexKind.Number)
    const value = typeof others === 'object' ? indexOf(type, ts.IndexKind.String) : undefined
    const each = (variants: readonly JsonSchema[]) => variants.map((variant) => walk(variant, type))
    return {
      ...schema,
      ...(properties && { properties: Object.fromEntries(Object.entries(properties).map(field)) }),
      ...(element && { items: walk(items, element) }),
      ...(value && { additionalProperties: walk(others as JsonSchema, value) }),
      ...(schema.anyOf && { anyOf: each(schema.anyOf) }),
      ...(schema.oneOf && { oneOf: each(schema.oneOf) }),
    }
  }

  return {
    describe(schema, { file, name, path = [] }) {
      let symbol = symbolOf(file, name)
      for (const part of path) symbol = propertyOf(checker.getTypeOfSymbol(symbol), part)
      const zod = checker.getTypeOfSymbol(propertyOf(checker.getTypeOfSymbol(symbol), '_zod'))
      const input = checker.getTypeOfSymbol(propertyOf(zod, 'input'))
      const description = joined(said(original(symbol)), schema.description)
      return { ...walk(schema, input), ...(description && { description }) }
    },
    fieldsOf(file, name) {
      const type = checker.getDeclaredTypeOfSymbol(symbolOf(file, name))
      return new Map(checker.getPropertiesOfType(type).map((field) => [field.name, said(field)]))
    },
  }
}

/** What a field says, and then what its kind of value says, as "A CEL expression". */
function joined(comment: string, description: string | undefined): string {
  if (!description || comment.includes(description)) return comment
  return comment === '' ? description : `${comment.replace(/\.$/, '')}. ${description}`
}
