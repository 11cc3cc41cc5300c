import { type CelInput, celEnv, isCelError, parse, plan } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'

/** What an expression gave. */
export type CelAnswer = { readonly value: unknown } | { readonly error: string }

export type CelExpression = (variables: Readonly<Record<string, unknown>>) => CelAnswer

/** The expression is not one; the message says where, and what was expected. */
export class CelSyntaxError extends Error {
  override readonly name = 'CelSyntaxError'
}

/** Each comprehension in another multiplies the time: three are enough for any rule, and end. */
const MAX_NESTED = 3

/**
 * Reads a CEL expression over variables of these names; JSON values stand for CEL's (numbers are doubles). The functions are
 * CEL's own and those of its strings extension.
 * @throws CelSyntaxError for what can never be evaluated: its syntax, a name that is not there, comprehensions too deep
 */
export function compileCel(text: string, names: readonly string[]): CelExpression {
  const parsed = parseText(text)
  requireNames(parsed.expr, names)
  const env = celEnv({ funcs: strings })
  const run = plan(env, parsed)
  const unbound = /^unbound function: (.*)/.exec(
    messageOf(() => run(Object.fromEntries(names.map((name) => [name, {}])))),
  )
  if (unbound) throw new CelSyntaxError(`CEL has no function "${unbound[1]}"`)
  return (variables) => {
    try {
      const value = run(variables as Record<string, CelInput>)
      return isCelError(value) ? { error: value.message } : { value }
    } catch (error) {
      return { error: (error as Error).message }
    }
  }
}

function messageOf(run: () => unknown): string {
  try {
    const value = run()
    return isCelError(value) ? value.message : ''
  } catch (error) {
    return (error as Error).message
  }
}

function parseText(text: string) {
  try {
    return parse(text)
  } catch (error) {
    throw new CelSyntaxError((error as Error).message.replace(/^<input>:/, 'line '))
  }
}

/** The parser's tree, as far as names and comprehensions go. */
type Node =
  | { readonly [field: string]: unknown }
  | readonly unknown[]
  | null
  | undefined
  | string
  | number
  | bigint
  | boolean

function requireNames(root: unknown, names: readonly string[]): void {
  const visit = (node: Node, known: ReadonlySet<string>, depth: number): void => {
    if (node === null || typeof node !== 'object') return
    if (node instanceof Uint8Array) return
    if (Array.isArray(node)) {
      for (const one of node) visit(one, known, depth)
      return
    }
    const { case: kind, value } = node as { case?: string; value?: Record<string, unknown> }
    if (kind === 'identExpr' && value) {
      const name = String(value.name)
      if (known.has(name)) return
      throw new CelSyntaxError(`there is no "${name}" here; there are ${names.join(', ')}`)
    }
    if (kind === 'comprehensionExpr' && value) {
      if (depth === MAX_NESTED) throw new CelSyntaxError(`comprehensions may stand ${MAX_NESTED} deep in each other`)
      const { iterRange, ...inner } = value
      visit(iterRange as Node, known, depth)
      const own = [value.iterVar, value.iterVar2, value.accuVar].map(String)
      visit(Object.values(inner), new Set([...known, ...own]), depth + 1)
      return
    }
    visit(Object.values(node), known, depth)
  }
  visit(root as Node, new Set([...names, ...TYPES]), 0)
}

/** Names of CEL's types, as `type(x) == string` has them. */
const TYPES = ['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint']
