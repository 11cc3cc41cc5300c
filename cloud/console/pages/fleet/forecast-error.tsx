import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { Chart } from '../../kit/chart.tsx'
import { DataReach } from '../../kit/data-reach.tsx'
import { useDataSpan } from '../../kit/data-span.ts'
import { percent } from '../../kit/figures.ts'
import { PageLink } from '../../kit/links.tsx'
import { Part } from '../../kit/part.tsx'
import { Loaded, Loading } from '../../kit/states.tsx'
import { errorsByDay } from './errors-by-day.ts'

const DAYS = 28
const DAY_MS = 86_400_000

/** How far forecasts were off, by day, and how far the seasonal naive would have been. */
export function ForecastError() {
  const span = useDataSpan(DAYS)
  const kpis = useQuery({
    queryKey: ['kpi', 'fleet', span],
    queryFn: ({ signal }) => ask(api.GET('/v1/kpis', { params: { query: span! }, signal })),
    enabled: span !== undefined,
    staleTime: 60_000,
    placeholderData: (before) => before,
  })
  return (
    <Part title="Forecast error" more={<PageLink to="/kpis">All KPIs</PageLink>}>
      {span === undefined ? (
        <Loading what="how far the data reaches" />
      ) : (
        <Loaded query={kpis} what="how forecasts did">
          {({ items }) => {
            const models = errorsByDay(items)
            if (models.length === 0) {
              return (
                <Text size="sm" c="dimmed">
                  No forecast has met its actual yet. The first figures come a day after a model serves.
                </Text>
              )
            }
            return (
              <Stack gap="md">
                <DataReach>The days end there.</DataReach>
                {models.map(({ model, days, error, baseline }) => (
                  <div key={model}>
                    <Text size="sm" c="dimmed" mb={4}>
                      {model}: share of what was sold that the forecast was off by, on each of the last {DAYS} days
                    </Text>
                    <Chart
                      title={`Forecast error of ${model} by day`}
                      x={days}
                      xKind="days"
                      spacing={DAY_MS}
                      lines={[
                        { label: 'Forecast (WAPE)', values: error },
                        { label: 'Seasonal naive', values: baseline, tone: 'quiet', isDashed: true },
                      ]}
                      format={(value) => percent(value)}
                      height={210}
                    />
                  </div>
                ))}
              </Stack>
            )
          }}
        </Loaded>
      )}
    </Part>
  )
}
