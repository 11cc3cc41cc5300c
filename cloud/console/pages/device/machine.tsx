import { Group, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQueries } from '@tanstack/react-query'
import { api, ask, type Got, type Item } from '../../api/client.ts'
import { Chart } from '../../kit/chart.tsx'
import { type DataSpan, useDataSpan } from '../../kit/data-span.ts'
import { figure, percent } from '../../kit/figures.ts'
import { Part } from '../../kit/part.tsx'
import { Failed, Loading } from '../../kit/states.tsx'
import { useShopZone } from './use-shop-zone.ts'

type Window = Item<'/v1/windows'>

interface Measure {
  readonly sensor: string
  readonly title: string
  /** Of an hour. */
  readonly value: (window: Window) => number
  readonly format: (value: number | null | undefined) => string
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const mean = ({ sum, count }: Window) => sum / count
const inUnit = (unit: string) => (value: number | null | undefined) =>
  value === null || value === undefined ? figure(value) : `${figure(value)} ${unit}`

/** What an agent measures of itself and its machine, where it can: docs/reference says how. */
const MEASURES: readonly Measure[] = [
  // Milliseconds of CPU in each minute that it ran.
  {
    sensor: '$cpu',
    title: 'CPU of the agent, share of a core',
    value: (one) => mean(one) / MINUTE_MS,
    format: (v) => percent(v),
  },
  { sensor: '$memory', title: 'Memory of the agent', value: mean, format: inUnit('MB') },
  { sensor: '$temperature', title: 'Temperature', value: mean, format: inUnit('°C') },
  { sensor: '$disk', title: 'Disk in use', value: mean, format: (v) => percent(v) },
]

/** How the machine is, and how much of it the agent takes. */
export function Machine({ device, site }: { device: string; site: string }) {
  const span = useDataSpan(7)
  const { isPending, timeZone } = useShopZone(site)
  return (
    <Part title="Machine">
      {span && !isPending ? <Measured {...{ device, timeZone, span }} /> : <Loading what="how far the data reaches" />}
    </Part>
  )
}

function Measured({ device, timeZone, span }: { device: string; timeZone: string | undefined; span: DataSpan }) {
  const measured = useQueries({
    queries: MEASURES.map(({ sensor }) => ({
      queryKey: ['window', sensor, device, span],
      queryFn: ({ signal }: { signal: AbortSignal }) => {
        const query = { sensor, device, ...span, by: 'time' as never, limit: 500 }
        return ask(api.GET('/v1/windows', { params: { query }, signal }))
      },
      staleTime: 60_000,
      placeholderData: keepPreviousData<Got<'/v1/windows'>>,
    })),
  })
  const failed = measured.find(({ error, data }) => error && data === undefined)
  if (failed) return <Failed error={failed.error!} retry={() => void failed.refetch()} />
  if (measured.some(({ isPending }) => isPending)) return <Loading what="what it measured" />
  const known = MEASURES.map((measure, at) => ({
    ...measure,
    windows: measured[at]!.data!.items.filter(({ count }) => count > 0),
  })).filter(({ windows }) => windows.length > 0)
  if (known.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        It told nothing of CPU, memory, temperature and disk in the last week. Figures come as its agent starts, and
        each hour.
      </Text>
    )
  }
  return (
    <Stack gap="md">
      {known.map(({ sensor, title, value, format, windows }) => (
        <div key={sensor}>
          <Group justify="space-between" gap="xs">
            <Text size="sm" c="dimmed">
              {title}, by hour
            </Text>
            <Text size="sm" fw={600}>
              {format(value(windows.at(-1)!))}
            </Text>
          </Group>
          <Chart
            title={title}
            x={windows.map(({ start }) => start)}
            timeZone={timeZone}
            spacing={HOUR_MS}
            lines={[{ label: title, values: windows.map(value) }]}
            format={format}
            height={110}
            isQuiet
          />
        </div>
      ))}
    </Stack>
  )
}
