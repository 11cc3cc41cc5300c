import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask, type Item } from '../../api/client.ts'
import { type DataSpan, useDataSpan } from '../../kit/data-span.ts'
import { count, percent } from '../../kit/figures.ts'
import { PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Part } from '../../kit/part.tsx'
import { Loaded, Loading } from '../../kit/states.tsx'
import { Wide } from '../../kit/wide.tsx'
import { DIMENSIONS } from '../data/dimensions.ts'

type Quality = Item<'/v1/data-quality'>

/** Every sensor with how good what it sends is, over a day. */
export function Sensors({ device }: { device: string }) {
  const span = useDataSpan(1)
  return (
    <Part title="Sensors" more={<PageLink to={'/data/quality'}>Data quality</PageLink>}>
      {span ? <Scores device={device} span={span} /> : <Loading what="how far the data reaches" />}
    </Part>
  )
}

function Scores({ device, span }: { device: string; span: DataSpan }) {
  const quality = useQuery({
    queryKey: ['task', 'quality', device, span],
    queryFn: ({ signal }) => ask(api.GET('/v1/data-quality', { params: { query: { device, ...span } }, signal })),
    staleTime: 60_000,
    placeholderData: (before) => before,
  })
  return (
    <Loaded query={quality} what="what its sensors sent">
      {({ items }) =>
        items.length === 0 ? (
          <Text size="sm" c="dimmed">
            Its shop defines no sensors, or none has sent anything in this day.
          </Text>
        ) : (
          <>
            <Times items={items} />
            <Wide label="Sensors" minWidth={300}>
              <Table verticalSpacing={5} fz="sm" aria-label="Sensors">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Sensor</Table.Th>
                    <Table.Th ta="right">Readings</Table.Th>
                    <Table.Th>Quality of the last day</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {items.map((one) => (
                    <Table.Tr key={one.sensor}>
                      <Table.Td>{one.sensor}</Table.Td>
                      <Table.Td ta="right">{count(one.counts.count)}</Table.Td>
                      <Table.Td>
                        <Verdict quality={one} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          </>
        )
      }
    </Loaded>
  )
}

/** Readings under a time that cannot be trusted: by the device's clock, or by that of who sent them. */
function Times({ items }: { items: readonly Quality[] }) {
  const untrusted = items.reduce((sum, { counts }) => sum + counts.untrusted, 0)
  return (
    <Text size="sm" mb="xs">
      Times of readings:{' '}
      {untrusted === 0 ? (
        <Mark tone="good">trusted</Mark>
      ) : (
        <>
          <Mark tone="warning">not always trusted</Mark> {count(untrusted)} readings came under a time that could not be
          relied on
        </>
      )}
    </Text>
  )
}

/** What is below its threshold, in words; else that nothing is. */
function Verdict({ quality }: { quality: Quality }) {
  const scores = Object.entries(quality.scores) as [keyof Quality['scores'], number | null][]
  const known = scores.filter(([, score]) => score !== null)
  const low = known.filter(([name, score]) => {
    const threshold = (quality.thresholds as Readonly<Record<string, number | undefined>>)[name]
    return threshold !== undefined && score! < threshold
  })
  if (known.length === 0) return <Mark tone="quiet">nothing to tell by</Mark>
  if (low.length === 0) return <Mark tone="good">good</Mark>
  return (
    <>
      {low.map(([name, score]) => (
        <span key={name}>
          <Mark tone="bad">{DIMENSIONS[name].title}</Mark> {percent(score)}{' '}
        </span>
      ))}
    </>
  )
}
