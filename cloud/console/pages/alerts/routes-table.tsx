import { Code } from '@mantine/core'
import { api, ask, type Item } from '../../api/client.ts'
import { Command } from '../../kit/command.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { Mark } from '../../kit/mark.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'

type Route = Item<'/v1/alert-routes'>

/** Whom a route tells; addresses that hold a secret are not shown. */
function receiverText({ spec: { receiver } }: Route): string {
  if (receiver.type === 'email') return `email to ${receiver.to.join(', ')}`
  return receiver.type
}

const COLUMNS: readonly Column<Route>[] = [
  { id: 'route', title: 'Route', cell: ({ metadata }) => metadata.name, csv: ({ metadata }) => metadata.name },
  {
    id: 'match',
    title: 'Takes alerts where',
    cell: ({ spec }) =>
      spec.match === undefined ? 'every alert' : <Code style={{ overflowWrap: 'anywhere' }}>{spec.match}</Code>,
    csv: ({ spec }) => spec.match,
  },
  { id: 'tells', title: 'Tells', cell: receiverText, csv: receiverText },
  {
    id: 'resolved',
    title: 'Of an alert’s end too',
    cell: ({ spec }) => (spec.resolved ? 'yes' : 'no'),
    csv: ({ spec }) => spec.resolved,
  },
  {
    id: 'state',
    title: 'State',
    cell: ({ spec }) => <Mark tone={spec.suspend ? 'quiet' : 'good'}>{spec.suspend ? 'suspended' : 'in use'}</Mark>,
    csv: ({ spec }) => (spec.suspend ? 'suspended' : 'in use'),
  },
]

/** Who is told of which alerts, as files say. */
export function RoutesTable() {
  const routes = useListing<Route>({
    queryKey: ['alert', 'routes'],
    page: (at, init) => ask(api.GET('/v1/alert-routes', { params: { query: at }, ...init })),
  })
  return (
    <DataTable
      name="Alert routes"
      columns={COLUMNS}
      listing={routes}
      rowId={({ metadata }) => metadata.name}
      empty={
        <Empty title="No routes: nobody is told">
          Fill in one of <Code>fleet/alerts/routes</Code> and put it with <Command>storecast apply -f</Command>.
        </Empty>
      }
    />
  )
}
