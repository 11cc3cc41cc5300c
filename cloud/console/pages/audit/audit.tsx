import { Code } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { Command } from '../../kit/command.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { FilterSelect, Filters, FilterText } from '../../kit/filters.tsx'
import { PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { entryOf, type Row, TONES } from './entry.ts'
import { DECISIONS } from './search.ts'
import { WholeEntry } from './whole-entry.tsx'

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'number',
    title: 'No.',
    align: 'right',
    cell: ({ number }) => (
      <PageLink
        to="/audit"
        search={(before) => ({ ...before, entry: number })}
        resetScroll={false}
        aria-label={`Entry ${number}`}
      >
        {number}
      </PageLink>
    ),
    csv: ({ number }) => number,
  },
  {
    id: 'at',
    title: 'When',
    cell: (row) => <Time at={entryOf(row).at} />,
    csv: (row) => new Date(entryOf(row).at).toISOString(),
  },
  { id: 'actor', title: 'Who', cell: (row) => entryOf(row).actor?.id ?? '–', csv: (row) => entryOf(row).actor?.id },
  {
    id: 'action',
    title: 'What',
    cell: (row) => <Code>{entryOf(row).action}</Code>,
    csv: (row) => entryOf(row).action,
  },
  { id: 'subject', title: 'Of', cell: (row) => entryOf(row).subject, csv: (row) => entryOf(row).subject },
  {
    id: 'decision',
    title: 'Outcome',
    cell: (row) => <Mark tone={TONES[entryOf(row).decision]}>{entryOf(row).decision}</Mark>,
    csv: (row) => entryOf(row).decision,
  },
]

export function Audit() {
  const { entry, ...search } = useSearch({ from: '/signed-in/audit' })
  const set = useFilters<typeof search & { entry?: number }>()
  const listing = useListing<Row>({
    queryKey: ['audit', search],
    page: (at, init) =>
      ask(
        api.GET('/v1/audit', {
          params: { query: { ...search, ...at } },
          ...init,
        }),
      ),
  })
  return (
    <Page
      title="Audit"
      about={
        <>
          Every change that somebody or something made or tried to make. The entries are chained by their hashes:{' '}
          <Command>storecast audit verify</Command> tells whether one was altered.
        </>
      }
    >
      <Filters>
        <FilterText label="Who" value={search.actor} onChange={(actor) => set({ actor })} />
        <FilterText
          label="What"
          placeholder="PUT /v1/sites/:site"
          value={search.action}
          onChange={(action) => set({ action })}
        />
        <FilterText
          label="Of"
          placeholder="/v1/rollouts/3"
          value={search.subject}
          onChange={(subject) => set({ subject: subject?.replace(/^(?!\/)/, '/') })}
        />
        <FilterSelect
          label="Outcome"
          any="any"
          value={search.decision}
          options={DECISIONS}
          onChange={(decision) => set({ decision })}
        />
      </Filters>
      <DataTable
        name="audit"
        columns={COLUMNS}
        listing={listing}
        rowId={({ number }) => String(number)}
        empty={<Empty title="No entries">Nothing was done that fits these conditions.</Empty>}
      />
      {entry !== undefined && <WholeEntry number={entry} onClose={() => set({ entry: undefined })} />}
    </Page>
  )
}
