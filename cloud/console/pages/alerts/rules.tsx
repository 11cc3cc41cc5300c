import { Code, Stack, Text, Title } from '@mantine/core'
import { api, ask, type Item } from '../../api/client.ts'
import { Command } from '../../kit/command.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { AlertTabs } from './alert-tabs.tsx'
import { RoutesTable } from './routes-table.tsx'

type Rule = Item<'/v1/alert-rules'>

const RULE_COLUMNS: readonly Column<Rule>[] = [
  { id: 'rule', title: 'Rule', cell: ({ document: { metadata } }) => metadata.name },
  {
    id: 'when',
    title: 'Is true where',
    cell: ({ document: { spec }, error }) => (
      <div>
        <Code style={{ overflowWrap: 'anywhere' }}>{spec.when}</Code> of each {spec.subject}
        {error !== null && (
          <Text size="xs" c="var(--mantine-color-error)">
            {error}
          </Text>
        )}
      </div>
    ),
  },
  { id: 'for', title: 'For', cell: ({ document: { spec } }) => spec.for ?? 'at once' },
  { id: 'now', title: 'Now', cell: (rule) => <Standing of={rule} /> },
  { id: 'asked', title: 'Asked', cell: ({ askedAt }) => <Time at={askedAt} never="not yet" /> },
]

function Standing({ of: { firing, pending } }: { of: Rule }) {
  if (firing > 0) return <Mark tone="bad">{`${firing} firing`}</Mark>
  if (pending > 0) return <Mark tone="quiet">{`${pending} pending`}</Mark>
  return <Mark tone="good">quiet</Mark>
}

export function Rules() {
  const rules = useListing<Rule>({
    queryKey: ['alert', 'rules'],
    page: (at, init) => ask(api.GET('/v1/alert-rules', { params: { query: at }, ...init })),
  })
  return (
    <Page
      title="Rules and routes"
      about={
        <>
          What is an alert, and who is told. Both are code: change the files, <Command>storecast diff -f</Command>,{' '}
          <Command>storecast apply -f</Command>.
        </>
      }
    >
      <AlertTabs />
      <Stack gap="xs">
        <Title order={2}>Rules</Title>
        <DataTable
          name="Alert rules"
          columns={RULE_COLUMNS}
          listing={rules}
          rowId={({ document: { metadata } }) => metadata.name}
          empty={
            <Empty title="No rules">
              Those that are shipped are put with <Command>storecast apply -f fleet/alerts</Command>.
            </Empty>
          }
        />
      </Stack>
      <Stack gap="xs">
        <Title order={2}>Routes</Title>
        <RoutesTable />
      </Stack>
    </Page>
  )
}
