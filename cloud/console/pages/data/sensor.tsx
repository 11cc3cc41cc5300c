import { Grid, Group, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { ProblemError } from '../../api/problem.ts'
import { Command } from '../../kit/command.tsx'
import { Facts } from '../../kit/facts.tsx'
import { count } from '../../kit/figures.ts'
import { LinkButton, PageLink } from '../../kit/links.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { GridPart, Part } from '../../kit/part.tsx'
import { Empty, Loaded } from '../../kit/states.tsx'
import { Wide } from '../../kit/wide.tsx'
import { Party } from './party.tsx'
import { SensitivityMark } from './sensitivity.tsx'
import { compared, expectedOf, measuredBy, type Sensor } from './sensor-fields.ts'

const ABOVE = [
  { label: 'Data', to: '/data' },
  { label: 'Sensors', to: '/data/sensors' },
]
const shops = (sites: number) => `${count(sites)} ${sites === 1 ? 'shop' : 'shops'}`

export function SensorPage() {
  const { sensor: name } = useParams({ from: '/signed-in/data/sensors/$sensor' })
  const query = useQuery({
    queryKey: ['site|dataset|task', 'sensor', name],
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/v1/sensors/{sensor}', { params: { path: { sensor: name } }, signal }))) as Sensor,
  })
  const sensor = query.data
  return (
    <Page
      title={name}
      above={ABOVE}
      about={sensor && `${shops(sensor.sites)} ${sensor.sites === 1 ? 'measures' : 'measure'} it.`}
      actions={
        sensor && (
          <>
            <LinkButton variant="default" to="/data/quality" search={{ sensor: name }}>
              Data quality
            </LinkButton>
            <LinkButton variant="default" to="/data/tasks" search={{ sensor: name }}>
              {sensor.tasks === 0 ? 'No open tasks' : `Open tasks: ${count(sensor.tasks)}`}
            </LinkButton>
          </>
        )
      }
    >
      {query.error instanceof ProblemError && query.error.code === 'sensor-unknown' ? (
        <Empty title="No shop measures it">
          No shop that you may see defines a sensor {name}.{' '}
          <PageLink to="/data/sensors">See those that there are</PageLink>, or which{' '}
          <PageLink to="/data" search={{ sensor: name }}>
            data sets
          </PageLink>{' '}
          name it all the same.
        </Empty>
      ) : (
        <Loaded query={query} what="the sensor">
          {(found) => (
            <>
              <Definitions sensor={found} />
              <Whose sensor={found} />
              <ReadBy sensor={found.name} />
            </>
          )}
        </Loaded>
      )}
    </Page>
  )
}

function Definitions({ sensor: { variants, definitions } }: { sensor: Sensor }) {
  const [measured, expected] = [compared(variants.map(measuredBy)), compared(variants.map(expectedOf))]
  const differing = [...measured.differing, ...expected.differing]
  return (
    <>
      {definitions > 1 && (
        <Part title="Where shops differ" more={<Mark tone="warning">{`defined in ${count(definitions)} ways`}</Mark>}>
          <Text size="sm" c="dimmed" mb="xs">
            What is measured in another unit, resolution or usual level is never added up with the rest.
          </Text>
          <Wide label="Where shops differ" minWidth={130 * (differing.length + 1)}>
            <Table fz="sm" verticalSpacing={5} aria-label="Where shops differ">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Shops</Table.Th>
                  {differing.map(({ name }) => (
                    <Table.Th key={name}>{name}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {variants.map(({ sites, example }, at) => (
                  <Table.Tr key={example}>
                    <Table.Th scope="row" fw={400}>
                      {sites === 1 ? example : `${count(sites)}, such as ${example}`}
                    </Table.Th>
                    {differing.map(({ name, texts }) => (
                      <Table.Td key={name}>{texts[at]}</Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
          {definitions > variants.length && (
            <Text size="sm" c="dimmed" mt="xs">
              These are the {count(variants.length)} that most shops have.
            </Text>
          )}
        </Part>
      )}
      <Grid gap="md">
        <GridPart span={6} title={measured.differing.length > 0 ? 'How all measure it' : 'How it is measured'}>
          <Facts of={measured.common} />
        </GridPart>
        <GridPart span={6} title={expected.differing.length > 0 ? 'What all expect of it' : 'What is expected of it'}>
          <Facts of={expected.common} />
        </GridPart>
      </Grid>
    </>
  )
}

function Whose({ sensor: { name, sites, datasets, unheld } }: { sensor: Sensor }) {
  return (
    <Part title="Whose data it is">
      {datasets.length > 0 && (
        <Wide label="Whose data it is" minWidth={560}>
          <Table fz="sm" verticalSpacing={5} aria-label="Whose data it is">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Data set</Table.Th>
                <Table.Th>Owner</Table.Th>
                <Table.Th>Steward</Table.Th>
                <Table.Th>Sensitivity</Table.Th>
                <Table.Th ta="right">Counts for</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {datasets.map((set) => (
                <Table.Tr key={set.name}>
                  <Table.Td>
                    <PageLink to="/data" search={{ sensor: name }}>
                      {set.name}
                    </PageLink>
                  </Table.Td>
                  <Table.Td>
                    <Party of={set.owner} />
                  </Table.Td>
                  <Table.Td>
                    <Party of={set.steward} />
                  </Table.Td>
                  <Table.Td>
                    <SensitivityMark of={set.sensitivity} />
                  </Table.Td>
                  <Table.Td ta="right">{set.sites === 0 ? 'no shop' : shops(set.sites)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
      {unheld > 0 ? (
        <Group gap="xs" mt="xs">
          <Mark tone="warning">nobody is asked</Mark>
          <Text size="sm">
            {unheld === sites ? 'It is in no data set' : `At ${shops(unheld)} it is in no data set`}: its tasks have no
            steward. Name it in a file of <Command>kind: Dataset</Command>, and put that with{' '}
            <Command>storecast apply -f</Command>.
          </Text>
        </Group>
      ) : (
        <Text size="xs" c="dimmed" mt="xs">
          At each shop the first by name counts whose labels the shop has: its steward is asked.
        </Text>
      )}
    </Part>
  )
}

/** The feature views that read it. */
function ReadBy({ sensor }: { sensor: string }) {
  const query = useQuery({
    queryKey: ['model|dataset', 'feature-views', { sensor }],
    queryFn: ({ signal }) => ask(api.GET('/v1/feature-views', { params: { query: { sensor } }, signal })),
  })
  return (
    <Part title="Which feature views read it">
      <Loaded query={query} what="feature views">
        {({ items, next }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed">
              None does.
            </Text>
          ) : (
            <Group gap="0 10px">
              {items.map(({ name }) => (
                <PageLink key={name} to="/data/feature-views/$model" params={{ model: name }}>
                  {name}
                </PageLink>
              ))}
              {next !== undefined && (
                <PageLink to="/data/feature-views" search={{ sensor }}>
                  all of them
                </PageLink>
              )}
            </Group>
          )
        }
      </Loaded>
    </Part>
  )
}
