/**
 * JSON as RFC 8785 has it: object keys sorted by UTF-16 code units, no white space, numbers as ECMAScript writes them, so
 * that equal values have equal text, and equal digests. What JSON has no word for is left out, as JSON.stringify does.
 */
export function canonicalJson(value: unknown): string {
  return write(value) ?? 'null'
}

function write(value: unknown): string | undefined {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((one) => write(one) ?? 'null').join()}]`
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON())
  const members: string[] = []
  // Not by way of a sorted object: its keys that look like whole numbers come first, in the order of numbers.
  for (const key of Object.keys(value).sort()) {
    const text = write((value as Record<string, unknown>)[key])
    if (text !== undefined) members.push(`${JSON.stringify(key)}:${text}`)
  }
  return `{${members.join()}}`
}
