import { SimpleGrid, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask, type Item } from '../../api/client.ts'
import { Chart } from '../../kit/chart.tsx'
import { type DataSpan, useDataSpan } from '../../kit/data-span.ts'
import { percent } from '../../kit/figures.ts'
import { Part } from '../../kit/part.tsx'
import { Loaded, Loading } from '../../kit/states.tsx'

type Window = Item<'/v1/windows'>

interface Measure {
  readonly sensor: string
  readonly title: string
  readonly value: (window: Window) => number | null
  readonly format: (value: number | null | undefined) => string
}

const MINUTE_MS = 60_000

/** What an agent measures of the machine, where it does. */
const MEASURES: readonly Measure[] = [
  {
    sensor: '$cpu',
    title: 'CPU of the agent, share of one core',
    // Milliseconds of CPU in each minute that it ran.
    value: ({ sum, count }) => (count === 0 ? null : sum / count / MINUTE_MS),
    format: (value) => percent(value),
  },
]

/** How much of the machine the agent takes. */
export function Machine({ device }: { device: string }) {
  const span = useDataSpan(7)
  return (
    <Part title="Machine">
      {span ? (
        <SimpleGrid cols={1}>
          {MEASURES.map((measure) => (
            <Measured key={measure.sensor} device={device} span={span} measure={measure} />
          ))}
        </SimpleGrid>
      ) : (
        <Loading what="how far the data reaches" />
      )}
    </Part>
  )
}

function Measured({ device, span, measure }: { device: string; span: DataSpan; measure: Measure }) {
  const { sensor, title, value, format } = measure
  const windows = useQuery({
    queryKey: ['window', sensor, device, span],
    queryFn: ({ signal }) =>
      ask(
        api.GET('/v1/windows', {
          params: { query: { sensor, device, ...span, by: 'time' as never, limit: 500 } },
          signal,
        }),
      ),
    staleTime: 60_000,
    placeholderData: (before) => before,
  })
  return (
    <Loaded query={windows} what={title}>
      {({ items }) =>
        items.length === 0 ? (
          <Text size="sm" c="dimmed">
            {title}: nothing came in the last week.
          </Text>
        ) : (
          <div>
            <Text size="sm" c="dimmed" mb={4}>
              {title}, by hour
            </Text>
            <Chart
              title={title}
              x={items.map(({ start }) => start)}
              lines={[{ label: title, values: items.map(value) }]}
              format={format}
              height={150}
              isQuiet
            />
          </div>
        )
      }
    </Loaded>
  )
}
