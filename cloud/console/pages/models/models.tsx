import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api, ask, type Item } from '../../api/client.ts'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { count } from '../../kit/figures.ts'
import { PageLink } from '../../kit/links.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { servingQuery } from './queries.ts'
import { VersionLink } from './version-link.tsx'

type Model = Item<'/v1/models'>

export function ModelsPage() {
  const serving = useQuery(servingQuery())
  const listing = useListing<Model>({
    queryKey: ['model', 'list'],
    page: (at, init) =>
      ask(
        api.GET('/v1/models', {
          params: { query: { limit: 100, ...at } },
          ...init,
        }),
      ),
  })
  const columns = useMemo(() => columnsOf(serving.data), [serving.data])
  return (
    <Page title="Models" about="What devices forecast with: each model’s versions, and how many devices serve them.">
      <DataTable
        name="models"
        columns={columns}
        listing={listing}
        rowId={({ name }) => name}
        empty={
          <Empty title="No models yet">
            Push a bundle with <code>storecast model push</code>, or train one on what devices have sent with{' '}
            <code>storecast model train</code>.
          </Empty>
        }
      />
    </Page>
  )
}

type Serving = readonly { readonly model: string; readonly serving: number; readonly desired: number }[] | undefined

function columnsOf(serving: Serving): readonly Column<Model>[] {
  const devices = ({ name }: Model, which: 'serving' | 'desired') =>
    serving?.filter(({ model }) => model === name).reduce((sum, one) => sum + one[which], 0)
  const alias = (name: string, title: string): Column<Model> => ({
    id: name,
    title,
    cell: ({ name: model, aliases }) =>
      aliases[name] === undefined ? '–' : <VersionLink model={model} version={aliases[name]} />,
    csv: ({ aliases }) => aliases[name],
  })
  return [
    {
      id: 'name',
      title: 'Model',
      cell: ({ name }) => (
        <PageLink fw={500} to="/models/$model" params={{ model: name }}>
          {name}
        </PageLink>
      ),
      csv: ({ name }) => name,
    },
    alias('champion', 'Champion'),
    alias('candidate', 'Candidate'),
    {
      id: 'versions',
      title: 'Versions',
      align: 'right',
      cell: ({ versions }) => count(versions),
      csv: ({ versions }) => versions,
    },
    {
      id: 'serving',
      title: 'Devices that serve it',
      align: 'right',
      cell: (model) => count(devices(model, 'serving')),
      csv: (model) => devices(model, 'serving'),
    },
    {
      id: 'desired',
      title: 'Devices that should',
      align: 'right',
      cell: (model) => count(devices(model, 'desired')),
      csv: (model) => devices(model, 'desired'),
    },
    {
      id: 'created',
      title: 'First registered',
      cell: ({ createdAt }) => <Time at={createdAt} />,
      csv: ({ createdAt }) => new Date(createdAt).toISOString(),
    },
  ]
}
