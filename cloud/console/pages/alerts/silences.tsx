import { Code, Group } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { api, ask, type Item } from '../../api/client.ts'
import { Allowed } from '../../app/session.tsx'
import { ConfirmButton } from '../../kit/confirm.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { labelTexts } from '../../kit/labels.ts'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { AlertTabs } from './alert-tabs.tsx'

type Silence = Item<'/v1/silences'>

const labelsOf = ({ labels }: Silence) => labelTexts(labels)

const COLUMNS: readonly Column<Silence>[] = [
  {
    id: 'labels',
    title: 'Alerts with',
    cell: (silence) => (
      <Group gap={4}>
        {labelsOf(silence).map((label) => (
          <Code key={label}>{label}</Code>
        ))}
      </Group>
    ),
    csv: (silence) => labelsOf(silence).join(' '),
  },
  { id: 'comment', title: 'Why', cell: ({ comment }) => comment, csv: ({ comment }) => comment },
  { id: 'by', title: 'By', cell: ({ createdBy }) => createdBy, csv: ({ createdBy }) => createdBy },
  {
    id: 'from',
    title: 'From',
    cell: ({ startsAt }) => <Time at={startsAt} />,
    csv: ({ startsAt }) => new Date(startsAt).toISOString(),
  },
  {
    id: 'to',
    title: 'Until',
    cell: ({ endsAt }) => <Time at={endsAt} />,
    csv: ({ endsAt }) => new Date(endsAt).toISOString(),
  },
  { id: 'end', title: '', cell: (silence) => <End silence={silence} /> },
]

export function Silences() {
  const listing = useListing<Silence>({
    queryKey: ['alert', 'silences'],
    page: (at, init) => ask(api.GET('/v1/silences', { params: { query: at }, ...init })),
  })
  return (
    <Page
      title="Silences"
      about="Alerts that nobody is told of for a time. What ends one finds the alert still firing, and tells of it then."
    >
      <AlertTabs />
      <DataTable
        name="Silences"
        columns={COLUMNS}
        listing={listing}
        rowId={({ id }) => String(id)}
        empty={<Empty title="No silences">An alert that fires can be silenced from its own page.</Empty>}
      />
    </Page>
  )
}

function End({ silence }: { silence: Silence }) {
  const client = useQueryClient()
  return (
    <Allowed to="alert.write">
      <ConfirmButton
        label="End it now"
        action="End the silence"
        run={async () => {
          await ask(api.DELETE('/v1/silences/{silence}', { params: { path: { silence: silence.id } } }))
          await client.invalidateQueries({ queryKey: ['alert'] })
        }}
      >
        Alerts with {labelsOf(silence).join(' and ')} that still fire are told of at once.
      </ConfirmButton>
    </Allowed>
  )
}
