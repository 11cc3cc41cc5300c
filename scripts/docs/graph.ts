import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import rooms from '../lib/rooms.json' with { type: 'json' }

/** Who imports whom, between the stages of each room and between rooms. */
export interface Graph {
  /** In the order of import: a room imports those before it. */
  readonly rooms: readonly Room[]
  /** From the importing room to the imported one. */
  readonly between: readonly Edge[]
}
export interface Room {
  readonly name: string
  /** In order: each imports stages before it alone. */
  readonly stages: readonly string[]
  readonly imports: readonly Edge[]
}
export interface Edge {
  readonly from: string
  readonly to: string
}

interface Cruised {
  readonly modules: readonly {
    readonly source: string
    readonly dependencies: readonly { readonly resolved: string }[]
  }[]
}

const run = promisify(execFile)
/** Tests import whom they like. */
const isProgram = (file: string) => !/\.test\.tsx?$|\/test\/|node_modules/.test(file)

/** The graph of the sources under `root`, as dependency-cruiser finds it. */
export async function sourceGraph(root: string): Promise<Graph> {
  const folders = Object.keys(rooms.mayImport)
  const { stdout } = await run(
    process.execPath,
    ['node_modules/.bin/depcruise', '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders],
    { cwd: root, maxBuffer: 256 * 1024 * 1024 },
  )
  return graphOf(JSON.parse(stdout) as Cruised)
}

export function graphOf({ modules }: Cruised): Graph {
  const links = modules.flatMap(({ source, dependencies }) =>
    dependencies.flatMap(({ resolved }) => (isProgram(source) && isProgram(resolved) ? [[source, resolved]] : [])),
  ) as readonly (readonly [string, string])[]
  const order = Object.keys(rooms.mayImport)
  const stagesOf: Readonly<Record<string, readonly string[]>> = rooms.stages
  return {
    rooms: order.map((name) => {
      const imports = unique(links.map(([from, to]) => ({ from: stageOf(from, name), to: stageOf(to, name) })))
      const known = new Set(modules.map(({ source }) => (isProgram(source) ? stageOf(source, name) : '')))
      known.delete('')
      return { name, stages: stagesOf[name] ?? inOrder([...known], imports), imports }
    }),
    between: unique(links.map(([from, to]) => ({ from: from.split('/')[0]!, to: to.split('/')[0]! }))).filter(
      ({ from, to }) => order.includes(from) && order.includes(to),
    ),
  }
}

/** `buffer` of `agent/buffer/journal.ts`; empty for another room's file, and for what connects the stages. */
function stageOf(file: string, room: string): string {
  const [first, stage, ...rest] = file.split('/')
  return first === room && rest.length > 0 ? stage! : ''
}

/** Without those of a thing to itself, and of what is in no stage. */
function unique(edges: readonly Edge[]): readonly Edge[] {
  const kept = edges.filter(({ from, to }) => from !== '' && to !== '' && from !== to)
  return [...new Map(kept.map((edge) => [`${edge.from} ${edge.to}`, edge])).values()].sort((a, b) =>
    `${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1,
  )
}

/** Each after all that it imports; by name where that leaves a choice. */
function inOrder(stages: readonly string[], imports: readonly Edge[]): string[] {
  const ordered: string[] = []
  const left = new Set([...stages].sort())
  while (left.size > 0) {
    const next = [...left].find((stage) => imports.every(({ from, to }) => from !== stage || !left.has(to)))
    if (next === undefined) throw new Error(`${[...left].join(', ')} import each other in a circle`)
    ordered.push(next)
    left.delete(next)
  }
  return ordered
}
