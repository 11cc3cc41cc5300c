import { Select, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { Chart } from '../../kit/chart.tsx'
import { type DataSpan, useDataSpan } from '../../kit/data-span.ts'
import { count } from '../../kit/figures.ts'
import { Part } from '../../kit/part.tsx'
import { Loaded, Loading } from '../../kit/states.tsx'
import { useFilters } from '../../kit/use-filters.ts'
import { seriesOf, subjectsOf } from './forecast-series.ts'
import { useShopZone } from './use-shop-zone.ts'

const DAYS = 28
const AHEAD_MS = 7 * 86_400_000
/** One on which clocks are put forward. */
const SHORTEST_DAY_MS = 23 * 3_600_000

interface Of {
  readonly device: string
  readonly site: string
}

interface Shown extends Of {
  readonly span: DataSpan
  readonly timeZone: string | undefined
}

/** What the device forecast of one product, and what was sold. */
export function Forecasts({ device, site }: Of) {
  const span = useDataSpan(DAYS)
  const { isPending, timeZone } = useShopZone(site)
  return (
    <Part title="Forecast against actual">
      {span && !isPending ? (
        <Chosen {...{ device, site, timeZone, span }} />
      ) : (
        <Loading what="how far the data reaches" />
      )}
    </Part>
  )
}

const ask500 = (
  query: { site: string; from: number; to: number; model?: string; entity?: string },
  signal: AbortSignal,
) => ask(api.GET('/v1/forecasts', { params: { query: { ...query, limit: 500 } }, signal }))

function Chosen({ device, site, timeZone, span }: Shown) {
  const { forecast: chosen } = useSearch({ from: '/signed-in/devices/$device' })
  const filter = useFilters<{ forecast?: string }>()
  const recent = useQuery({
    queryKey: ['forecast', 'subjects', device, span],
    queryFn: ({ signal }) => ask500({ site, from: span.to - 2 * 86_400_000, to: span.to + AHEAD_MS }, signal),
    staleTime: 60_000,
  })
  return (
    <Loaded query={recent} what="what is forecast">
      {({ items }) => {
        const subjects = subjectsOf(items.filter((one) => one.device === device))
        if (subjects.length === 0) {
          return (
            <Text size="sm" c="dimmed">
              No forecasts of the last days. They come once a model serves here: see Models above.
            </Text>
          )
        }
        const keys = subjects.map(({ model, entity }) => `${model} ${entity}`)
        const key = chosen !== undefined && keys.includes(chosen) ? chosen : keys[0]!
        return (
          <>
            <Select
              label="Model and product"
              size="xs"
              w={280}
              maw="100%"
              searchable
              data={keys}
              value={key}
              allowDeselect={false}
              onChange={(forecast) => filter({ forecast: forecast ?? undefined })}
              mb="xs"
            />
            <OneSeries {...{ device, site, timeZone, span }} subject={subjects[keys.indexOf(key)]!} />
          </>
        )
      }}
    </Loaded>
  )
}

function OneSeries({ device, site, timeZone, span, subject }: Shown & { subject: { model: string; entity: string } }) {
  const forecasts = useQuery({
    queryKey: ['forecast', device, subject, span],
    queryFn: ({ signal }) => ask500({ site, ...subject, from: span.from, to: span.to + AHEAD_MS }, signal),
    staleTime: 60_000,
    placeholderData: (before) => before,
  })
  return (
    <Loaded query={forecasts} what="forecasts">
      {({ items }) => {
        const series = seriesOf(items.filter((one) => one.device === device))
        return (
          <>
            <Chart
              title={`Forecast and actual of ${subject.entity}`}
              x={series.starts}
              timeZone={timeZone}
              xKind={timeZone !== undefined && series.length >= SHORTEST_DAY_MS ? 'days' : 'moments'}
              spacing={series.length}
              lines={[
                { label: 'Actual', values: series.actual, tone: 'second' },
                { label: 'Forecast', values: series.middle },
                { label: 'Seasonal naive', values: series.baseline, tone: 'quiet', isDashed: true },
              ]}
              band={{ label: 'Interval', low: series.low, high: series.high }}
              height={260}
            />
            {series.hidden > 0 && (
              <Text size="xs" c="dimmed" mt={4}>
                {count(series.hidden)} of {count(series.over)} actuals are not drawn: the shelf ran empty, and what was
                sold then is less than the demand.
              </Text>
            )}
          </>
        )
      }}
    </Loaded>
  )
}
