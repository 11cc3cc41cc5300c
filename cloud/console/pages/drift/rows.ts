import type { Item } from '../../api/client.ts'

export type Compared = Item<'/v1/drift'>

/** What one row of the map is about, with its comparisons by column. */
export interface DriftRow {
  readonly id: string
  readonly title: string
  readonly cells: ReadonlyMap<string, Compared>
}

export interface DriftMap {
  readonly rows: readonly DriftRow[]
  readonly columns: readonly { readonly id: string; readonly title: string }[]
}

const RANK = { drift: 0, minor: 1, stable: 2, insufficient: 3 } as const

/** Rows and columns of the map: what drifted first, else in order of name. */
export function driftMap(items: readonly Compared[]): DriftMap {
  const rows = Map.groupBy(items, rowOf)
  const columns = Map.groupBy(items, columnOf)
  const worst = (of: readonly Compared[]) => Math.min(...of.map(({ verdict }) => RANK[verdict]))
  const order = (groups: Map<string, Compared[]>) =>
    [...groups].sort(
      ([a, some], [b, others]) => worst(some) - worst(others) || a.localeCompare(b, 'en', { numeric: true }),
    )
  return {
    rows: order(rows).map(([id, of]) => ({
      id,
      title: titleOf(of[0]!),
      cells: new Map(of.map((one) => [columnOf(one), one])),
    })),
    columns: order(columns).map(([id, of]) => ({ id, title: of[0]!.column })),
  }
}

export const rowOf = ({ scope, name, model, version }: Compared): string => [scope, name, model, version].join(' ')
export const columnOf = ({ kind, column }: Compared): string => `${kind} ${column}`

function titleOf({ scope, name, model, version }: Compared): string {
  const of = scope === 'fleet' ? 'the fleet' : scope === 'device' ? name : `${scope}=${name}`
  return model === '' ? of : `${of}, ${model} v${version}`
}
