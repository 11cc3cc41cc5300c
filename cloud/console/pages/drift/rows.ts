import type { Item } from '../../api/client.ts'

export type Compared = Item<'/v1/drift'>

/** What one row of the map is about, with its comparisons by column. */
export interface DriftRow {
  readonly id: string
  readonly title: string
  /** Where the row is of one device. */
  readonly device: string | undefined
  readonly cells: ReadonlyMap<string, Compared>
}

/** Rows of one sort, with the columns that they have. */
export interface DriftMap {
  readonly title: string
  readonly rows: readonly DriftRow[]
  readonly columns: readonly { readonly id: string; readonly title: string }[]
}

const RANK = { drift: 0, minor: 1, stable: 2, insufficient: 3 } as const

/** What sensors measure, and what each model sees: they have no columns in common. Empty ones are left out. */
export function driftMaps(items: readonly Compared[]): DriftMap[] {
  const [sensors, models] = [items.filter(isOfSensor), items.filter((one) => !isOfSensor(one))]
  return [driftMap('What sensors measure', sensors), driftMap('What models see and forecast', models)].filter(
    ({ rows }) => rows.length > 0,
  )
}

const isOfSensor = ({ model }: Compared): boolean => model === ''

/** Rows and columns of a map: what drifted first, else in order of name. */
function driftMap(title: string, items: readonly Compared[]): DriftMap {
  const rows = Map.groupBy(items, rowOf)
  const columns = Map.groupBy(items, columnOf)
  const worst = (of: readonly Compared[]) => Math.min(...of.map(({ verdict }) => RANK[verdict]))
  const order = (groups: Map<string, Compared[]>) =>
    [...groups].sort(
      ([a, some], [b, others]) => worst(some) - worst(others) || a.localeCompare(b, 'en', { numeric: true }),
    )
  return {
    title,
    rows: order(rows).map(([id, of]) => ({
      id,
      title: titleOf(of[0]!),
      device: of[0]!.scope === 'device' ? of[0]!.name : undefined,
      cells: new Map(of.map((one) => [columnOf(one), one])),
    })),
    columns: order(columns).map(([id, of]) => ({ id, title: of[0]!.column })),
  }
}

export const rowOf = ({ scope, name, model, version }: Compared): string => [scope, name, model, version].join(' ')
export const columnOf = ({ kind, column }: Compared): string => `${kind} ${column}`

function titleOf({ scope, name, model, version }: Compared): string {
  const of = scope === 'fleet' ? 'the fleet' : scope === 'device' ? name : `${scope}=${name}`
  return model === '' ? of : `${of}, ${model} ${version}`
}

interface Superseded {
  readonly model: string
  /** Versions that were looked at, and those that serve. */
  readonly measured: readonly number[]
  readonly serves: readonly number[]
}

/** Models of which none of the versions that were looked at serves anywhere any more, while another one does. */
export function supersededModels(
  items: readonly Compared[],
  serving: readonly { readonly model: string; readonly version: number; readonly serving: number }[],
): Superseded[] {
  const sorted = (versions: readonly number[]) => [...new Set(versions)].sort((a, b) => a - b)
  return [
    ...Map.groupBy(
      items.filter((one) => !isOfSensor(one)),
      ({ model }) => model,
    ),
  ].flatMap(([model, of]) => {
    const measured = sorted(of.map(({ version }) => version))
    const serves = sorted(serving.filter((one) => one.model === model && one.serving > 0).map(({ version }) => version))
    return serves.length === 0 || serves.some((version) => measured.includes(version))
      ? []
      : [{ model, measured, serves }]
  })
}
