import { table } from '../terminal/table.ts'
import type { Terminal } from '../terminal/terminal.ts'

type Cell = string | number | null | undefined

interface ListShape<T> {
  readonly json?: boolean | undefined
  /** Heading and value of each column. */
  readonly columns: Readonly<Record<string, (item: T) => Cell>>
  /** What to say of an empty list. */
  readonly none: string
}

/** A list as a table, or as one JSON array (`[]` where it is empty). */
export function printList<T>(terminal: Terminal, items: readonly T[], { json, columns, none }: ListShape<T>): void {
  if (json) terminal.out(JSON.stringify(items))
  else if (items.length === 0) terminal.err(none)
  else {
    const rows = items.map((item) => Object.values(columns).map((value) => value(item) ?? '–'))
    for (const line of table(Object.keys(columns), rows)) terminal.out(line)
  }
}

/** One thing as lines of name and value, or as one JSON object. */
export function printFacts(terminal: Terminal, facts: Readonly<Record<string, Cell>>): void {
  const width = Math.max(...Object.keys(facts).map((name) => name.length))
  for (const [name, value] of Object.entries(facts)) terminal.out(`${name.padEnd(width)}  ${value ?? '–'}`)
}

/** `2026-03-01 07:30:00Z`. */
export const instant = (ms: number | null | undefined): string | undefined =>
  ms == null ? undefined : new Date(ms).toISOString().replace('T', ' ').replace(/\.\d+/, '')

/** `region=eu, tier=gold`. */
export const labelText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
