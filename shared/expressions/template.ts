import { type CelAnswer, CelSyntaxError, compileCel } from './cel.ts'

/** JSON, whose texts may hold CEL expressions, each in `{{…}}`. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

export type Template = (variables: Readonly<Record<string, unknown>>) => CelAnswer

/**
 * Reads a JSON value whose texts are templates. Filled, a text that is a single `{{…}}` becomes the expression's value, and in
 * any other text the value's own text stands: what is filled in can break neither a text nor the JSON around it. Names of
 * members are as they are.
 * @param encode of what is filled into a longer text, as for a part of a URL
 * @throws CelSyntaxError for an expression that is none, or that has no end.
 */
export function compileTemplate(template: Json, names: readonly string[], encode = (text: string) => text): Template {
  if (typeof template === 'string') return compileText(template, names, encode)
  if (template === null || typeof template !== 'object') return () => ({ value: template })
  const members = Object.entries(template).map(([name, one]) => [name, compileTemplate(one, names, encode)] as const)
  return (variables) => {
    const filled: [string, unknown][] = []
    for (const [name, fill] of members) {
      const answer = fill(variables)
      if ('error' in answer) return answer
      filled.push([name, answer.value])
    }
    return { value: Array.isArray(template) ? filled.map(([, value]) => value) : Object.fromEntries(filled) }
  }
}

type Part = string | ((variables: Readonly<Record<string, unknown>>) => CelAnswer)

function compileText(text: string, names: readonly string[], encode: (text: string) => string): Template {
  const parts = split(text, names)
  const [only] = parts
  if (parts.length === 1 && typeof only === 'function') {
    return (variables) => {
      const answer = only(variables)
      return 'error' in answer ? answer : { value: plain(answer.value) }
    }
  }
  return (variables) => {
    let filled = ''
    for (const part of parts) {
      if (typeof part === 'string') {
        filled += part
        continue
      }
      const answer = part(variables)
      if ('error' in answer) return answer
      const value = plain(answer.value)
      filled += encode(typeof value === 'string' ? value : JSON.stringify(value))
    }
    return { value: filled }
  }
}

function split(text: string, names: readonly string[]): Part[] {
  const parts: Part[] = []
  let literal = ''
  for (let at = 0; at < text.length; ) {
    if (text.startsWith('{{', at)) {
      const end = endOf(text, at + 2)
      if (literal !== '') parts.push(literal)
      literal = ''
      parts.push(compileCel(text.slice(at + 2, end), names))
      at = end + 2
    } else literal += text[at++]
  }
  if (literal !== '' || parts.length === 0) parts.push(literal)
  return parts
}

/** Where the braces close that an expression began with; those of its own texts and maps do not count. */
function endOf(text: string, from: number): number {
  let depth = 0
  let quote = ''
  for (let at = from; at < text.length; at++) {
    const char = text[at]!
    if (quote !== '') {
      if (char === '\\') at++
      else if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === '{') depth++
    else if (char === '}' && depth > 0) depth--
    else if (text.startsWith('}}', at)) return at
  }
  throw new CelSyntaxError(`"{{" in ${JSON.stringify(text.slice(0, 80))} has no "}}"`)
}

/** CEL's integers as JSON's numbers; what JSON cannot hold as text. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value === null || typeof value !== 'object') return value
  if ('entries' in value && typeof value.entries === 'function' && !Array.isArray(value)) {
    const entries = [...(value as ReadonlyMap<unknown, unknown>).entries()]
    return Object.fromEntries(entries.map(([name, one]) => [String(name), plain(one)]))
  }
  if (Symbol.iterator in value) return [...(value as Iterable<unknown>)].map(plain)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
}
