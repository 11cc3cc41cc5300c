import { Button, Checkbox, Group, Table, Text, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconDownload } from '@tabler/icons-react'
import { createColumnHelper, type RowData, tableFeatures, useTable } from '@tanstack/react-table'
import { type ReactNode, useMemo, useState } from 'react'
import { type Cell, csvOf, save } from './csv.ts'
import classes from './data-table.module.css'
import { More, Shown } from './more.tsx'
import type { Listing } from './pages-of.ts'
import { Failed, Loading } from './states.tsx'
import type { SteadyRow } from './steady.ts'
import { Steady } from './steady-rows.tsx'

export interface Column<T> {
  readonly id: string
  readonly title: string
  readonly cell: (row: T) => ReactNode
  /** Its value in an exported file; absent: the column is not exported. */
  readonly csv?: (row: T) => Cell
  readonly align?: 'right'
  /** The server can sort by it: its name there. */
  readonly sort?: string
}

export interface Sorting {
  readonly by: string
  readonly descending: boolean
}

interface DataTableProps<T> {
  /** Names the table to who does not see it, and its exported file. */
  readonly name: string
  readonly columns: readonly Column<T>[]
  /** Columns that only the exported file has, behind the others. */
  readonly exported?: readonly Pick<Column<T>, 'title' | 'csv'>[]
  readonly listing: Listing<T>
  readonly rowId: (row: T) => string
  /** Shown where the list is empty. */
  readonly empty: ReactNode
  readonly sorting?: Sorting
  readonly onSort?: (sorting: Sorting) => void
  /** Ids of the rows that are chosen; absent: rows cannot be chosen. */
  readonly chosen?: ReadonlySet<string>
  readonly onChoose?: (chosen: ReadonlySet<string>) => void
}

const features = tableFeatures({})

/**
 * A list of the API as a table: sorted and paged by the server, exported as CSV with all its pages. Its rows stand still while
 * somebody is at them (see Steady). On a phone each row stands as a card with its columns' titles.
 */
export function DataTable<T extends RowData>(props: DataTableProps<T>) {
  const { name, columns, exported = [], listing, rowId, empty } = props
  const { items, error } = listing
  if (items === undefined) return error ? <Failed error={error} retry={listing.retry} /> : <Loading what={name} />
  return (
    <div>
      {error && <Failed error={error} retry={listing.retry} />}
      <Steady listing={listing} rowId={rowId}>
        {(rows) =>
          rows.length === 0 ? (
            empty
          ) : (
            <>
              <Rows {...props} rows={rows} />
              <Group justify="space-between" mt="sm">
                <Shown of={{ items: rows, hasMore: listing.hasMore }} />
                <Group gap="xs">
                  <Export name={name} columns={[...columns, ...exported]} listing={listing} />
                </Group>
              </Group>
            </>
          )
        }
      </Steady>
      <More of={listing} />
    </div>
  )
}

interface RowsProps<T> extends Omit<DataTableProps<T>, 'listing' | 'empty' | 'exported'> {
  readonly rows: readonly SteadyRow<T>[]
}

function Rows<T extends RowData>({ name, columns, rows, rowId, sorting, onSort, chosen, onChoose }: RowsProps<T>) {
  const defined = useMemo(() => {
    const helper = createColumnHelper<typeof features, T>()
    return helper.columns(
      columns.map(({ id, title, cell }) =>
        helper.display({ id, header: title, cell: ({ row }) => cell(row.original) }),
      ),
    )
  }, [columns])
  const data = useMemo(() => rows.map(({ row }) => row), [rows])
  const table = useTable({ features, columns: defined, data, getRowId: rowId })
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns])
  const choose = (id: string, on: boolean) => {
    const next = new Set(chosen)
    if (on) next.add(id)
    else next.delete(id)
    onChoose?.(next)
  }
  const ids = data.map(rowId)
  const all = chosen !== undefined && ids.every((id) => chosen.has(id))
  return (
    <Table className={classes.table!} highlightOnHover verticalSpacing={6} aria-label={name}>
      <Table.Thead>
        {table.getHeaderGroups().map((group) => (
          <Table.Tr key={group.id}>
            {chosen && (
              <Table.Th w={36}>
                <Checkbox
                  size="xs"
                  aria-label="Choose all that are shown"
                  checked={all}
                  indeterminate={!all && ids.some((id) => chosen.has(id))}
                  onChange={({ currentTarget: { checked } }) => onChoose?.(new Set(checked ? ids : []))}
                />
              </Table.Th>
            )}
            {group.headers.map((header) => {
              const { align, sort, title } = byId.get(header.id)!
              const isSorted = sort !== undefined && sorting?.by === sort
              return (
                <Table.Th
                  key={header.id}
                  data-align={align}
                  aria-sort={isSorted ? (sorting.descending ? 'descending' : 'ascending') : undefined}
                >
                  {sort === undefined || !onSort ? (
                    <table.FlexRender header={header} />
                  ) : (
                    <UnstyledButton
                      className={classes.sort!}
                      onClick={() => onSort({ by: sort, descending: isSorted && !sorting.descending })}
                    >
                      {title}
                      {isSorted && (sorting.descending ? <IconArrowDown size={14} /> : <IconArrowUp size={14} />)}
                    </UnstyledButton>
                  )}
                </Table.Th>
              )
            })}
          </Table.Tr>
        ))}
      </Table.Thead>
      <Table.Tbody>
        {table.getRowModel().rows.map((row) => (
          <Table.Tr key={row.id} data-gone={rows[row.index]?.isGone || undefined}>
            {chosen && (
              <Table.Td>
                <Checkbox
                  size="xs"
                  aria-label={`Choose ${row.id}`}
                  checked={chosen.has(row.id)}
                  onChange={({ currentTarget: { checked } }) => choose(row.id, checked)}
                />
              </Table.Td>
            )}
            {row.getAllCells().map((cell) => {
              const { align, title } = byId.get(cell.column.id)!
              return (
                <Table.Td key={cell.id} data-title={title} data-align={align}>
                  <table.FlexRender cell={cell} />
                </Table.Td>
              )
            })}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

interface ExportProps<T> extends Pick<DataTableProps<T>, 'name' | 'listing'> {
  readonly columns: readonly Pick<Column<T>, 'title' | 'csv'>[]
}

/** All pages of a list as a file. */
export function Export<T>({ name, columns, listing }: ExportProps<T>) {
  const [failure, setFailure] = useState<Error>()
  const [isBusy, setBusy] = useState(false)
  const exported = columns.filter(({ csv }) => csv !== undefined)
  const write = async () => {
    setBusy(true)
    setFailure(undefined)
    try {
      const rows = await listing.all()
      const titles = exported.map(({ title }) => title)
      save(
        `${name}.csv`,
        csvOf(
          titles,
          rows.map((row) => exported.map(({ csv }) => csv!(row))),
        ),
      )
    } catch (error) {
      setFailure(error as Error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      {failure && (
        <Text size="sm" c="red" role="alert">
          {failure.message}
        </Text>
      )}
      {exported.length > 0 && (
        <Button
          variant="subtle"
          size="xs"
          loading={isBusy}
          leftSection={<IconDownload size={14} aria-hidden />}
          onClick={() => void write()}
        >
          Export as CSV
        </Button>
      )}
    </>
  )
}
