import { Code, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { Command } from '../../kit/command.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { Empty, Loaded } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { AlertTabs } from './alert-tabs.tsx'

export function Rules() {
  const rules = useQuery({
    queryKey: ['alert', 'rules'],
    queryFn: ({ signal }) => ask(api.GET('/v1/alert-rules', { signal })),
  })
  const routes = useQuery({
    queryKey: ['alert', 'routes'],
    queryFn: ({ signal }) => ask(api.GET('/v1/alert-routes', { signal })),
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
        <Loaded query={rules} what="rules">
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No rules">
                Those that are shipped are put with <Command>storecast apply -f fleet/alerts</Command>.
              </Empty>
            ) : (
              <Table.ScrollContainer minWidth={640}>
                <Table fz="sm" verticalSpacing={6} aria-label="Alert rules">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Rule</Table.Th>
                      <Table.Th>Is true where</Table.Th>
                      <Table.Th>For</Table.Th>
                      <Table.Th>Now</Table.Th>
                      <Table.Th>Asked</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items.map(({ document: { metadata, spec }, askedAt, error, pending, firing }) => (
                      <Table.Tr key={metadata.name}>
                        <Table.Td>{metadata.name}</Table.Td>
                        <Table.Td>
                          <Code style={{ overflowWrap: 'anywhere' }}>{spec.when}</Code> of each {spec.subject}
                          {error !== null && (
                            <Text size="xs" c="var(--mantine-color-error)">
                              {error}
                            </Text>
                          )}
                        </Table.Td>
                        <Table.Td>{spec.for}</Table.Td>
                        <Table.Td>
                          {firing > 0 ? (
                            <Mark tone="bad">{`${firing} firing`}</Mark>
                          ) : pending > 0 ? (
                            <Mark tone="quiet">{`${pending} pending`}</Mark>
                          ) : (
                            <Mark tone="good">quiet</Mark>
                          )}
                        </Table.Td>
                        <Table.Td>
                          <Time at={askedAt} never="not yet" />
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )
          }
        </Loaded>
      </Stack>
      <Stack gap="xs">
        <Title order={2}>Routes</Title>
        <Loaded query={routes} what="routes">
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No routes: nobody is told">
                Fill in one of <Code>fleet/alerts/routes</Code> and put it with <Command>storecast apply -f</Command>.
              </Empty>
            ) : (
              <Table.ScrollContainer minWidth={480}>
                <Table fz="sm" verticalSpacing={6} aria-label="Alert routes">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Route</Table.Th>
                      <Table.Th>Tells</Table.Th>
                      <Table.Th>State</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {items.map(({ metadata, spec }) => (
                      <Table.Tr key={metadata.name}>
                        <Table.Td>{metadata.name}</Table.Td>
                        <Table.Td>{spec.receiver.type}</Table.Td>
                        <Table.Td>
                          <Mark tone={spec.suspend ? 'quiet' : 'good'}>{spec.suspend ? 'suspended' : 'in use'}</Mark>
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
            )
          }
        </Loaded>
      </Stack>
    </Page>
  )
}
