import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { count } from '../../kit/figures.ts'
import { Wide } from '../../kit/wide.tsx'
import classes from './lineage.module.css'
import { BOX, type LineageNode, layOut, type Placed } from './lineage-layout.ts'
import { type ModelVersion, type Rollout, servingQuery } from './queries.ts'

/** Rollouts that have a box of their own. */
const ROLLOUTS = 4

/** From the data to the devices: what made the version, and where it went. */
export function Lineage({ of }: { of: ModelVersion }) {
  const { model, version } = of
  const serving = useQuery(servingQuery(model))
  const rollouts = useQuery({
    queryKey: ['rollout', 'of', model, version],
    queryFn: ({ signal }) =>
      ask(api.GET('/v1/rollouts', { params: { query: { model, version, limit: ROLLOUTS + 1 } }, signal })),
  })
  const found = serving.data?.find((one) => one.version === version)
  const devices = serving.data && { serving: found?.serving ?? 0, desired: found?.desired ?? 0 }
  return <Drawing columns={columnsOf(of, rollouts.data?.items ?? [], devices)} />
}

function columnsOf(
  { model, version, manifest, source, aliases }: ModelVersion,
  rollouts: readonly Rollout[],
  devices: { readonly serving: number; readonly desired: number } | undefined,
): LineageNode[][] {
  const { lineage, definition } = manifest
  const { dataset } = lineage
  const { view } = definition.spec
  const shown: LineageNode[] = rollouts.slice(0, ROLLOUTS).map(({ id, name, state }) => ({
    ...{ kind: 'Rollout', title: name, detail: state, to: `/rollouts/${id}` },
  }))
  const more =
    rollouts.length > ROLLOUTS ? [{ kind: 'Rollouts', title: 'earlier ones', to: `/rollouts?model=${model}` }] : []
  return [
    [{ kind: 'Data', title: `${count(dataset.rows)} rows`, detail: `${dataset.from} to ${dataset.to}` }],
    [{ kind: 'Feature view', title: view.kind, detail: `${count(manifest.features.length)} features` }],
    [
      source.kind === 'training'
        ? {
            kind: 'Training run',
            title: `run ${source.run}`,
            detail: `${lineage.seconds.toFixed(0)} s, ${lineage.storecast}`,
          }
        : { kind: 'Uploaded bundle', title: lineage.trainedAt.slice(0, 10), detail: `trained by ${lineage.storecast}` },
    ],
    [{ kind: 'Version', title: `${model} ${version}`, detail: aliases.join(', ') || manifest.precision }],
    shown.length > 0 ? [...shown, ...more] : [{ kind: 'Rollouts', title: 'none yet' }],
    devices
      ? [
          {
            kind: 'Devices',
            title: `${count(devices.serving)} serve it`,
            detail: `${count(devices.desired)} should`,
          },
        ]
      : [],
  ]
}

function Drawing({ columns }: { columns: readonly (readonly LineageNode[])[] }) {
  const { width, height, nodes, edges } = layOut(columns)
  return (
    <Wide label="Lineage, from data to devices">
      <svg className={classes.drawing} style={{ maxWidth: width + 4 }} viewBox={`-2 -2 ${width + 4} ${height + 4}`}>
        <title>{columns.flat().map(wordsOf).join('; ')}</title>
        {edges.map(({ path }) => (
          <path key={path} d={path} />
        ))}
        {nodes.map((node) =>
          node.to === undefined ? (
            <Box key={`${node.x} ${node.y}`} node={node} />
          ) : (
            <Link key={`${node.x} ${node.y}`} to={node.to}>
              <Box node={node} />
            </Link>
          ),
        )}
      </svg>
    </Wide>
  )
}

const wordsOf = ({ kind, title, detail }: LineageNode) =>
  `${kind}: ${title}${detail === undefined ? '' : `, ${detail}`}`

/** As much of a text as fits into a box. */
const fitting = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text)

const Box = ({ node: { x, y, kind, title, detail } }: { node: Placed }) => (
  <g>
    <rect x={x} y={y} width={BOX.width} height={BOX.height} rx={6} />
    <text x={x + 10} y={y + 17} className={classes.kind}>
      {kind}
    </text>
    <text x={x + 10} y={y + 36} className={classes.title}>
      {fitting(title, 19)}
    </text>
    {detail !== undefined && (
      <text x={x + 10} y={y + 54} className={classes.detail}>
        {fitting(detail, 25)}
      </text>
    )}
  </g>
)
