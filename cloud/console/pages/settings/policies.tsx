import { Code, Paper, Stack, Text, Title } from '@mantine/core'
import { api, ask, type Item } from '../../api/client.ts'
import { Command } from '../../kit/command.tsx'
import { Facts } from '../../kit/facts.tsx'
import { Mark } from '../../kit/mark.tsx'
import { More } from '../../kit/more.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty, Failed, Loading } from '../../kit/states.tsx'
import { SettingsTabs } from './settings-tabs.tsx'

const TONES = { Deny: 'bad', Warn: 'warning', Audit: 'quiet' } as const

type Policy = Item<'/v1/policies'>

export function Policies() {
  const listing = useListing<Policy>({
    queryKey: ['policy'],
    page: (at, init) => ask(api.GET('/v1/policies', { params: { query: at }, ...init })),
  })
  return (
    <Page
      title="Settings"
      about={
        <>
          What may be registered, approved and rolled out. Policies are code: change the files,{' '}
          <Command>storecast policy test</Command>, <Command>storecast apply -f</Command>.
        </>
      }
    >
      <SettingsTabs />
      {listing.items === undefined && !listing.error && <Loading what="policies" />}
      {listing.error && <Failed error={listing.error} retry={listing.retry} />}
      {listing.items?.length === 0 && (
        <Empty title="No policies">
          Everything is let through that roles allow. Those that are shipped are put with{' '}
          <Command>storecast apply -f fleet/policies</Command>.
        </Empty>
      )}
      <Stack gap="sm">
        {listing.items?.map(({ metadata, spec }) => (
          <Paper key={metadata.name} withBorder p="md" component="article">
            <Stack gap="xs">
              <Title order={2}>
                {metadata.name}{' '}
                {spec.validationActions.map((action) => (
                  <Mark key={action} tone={TONES[action]}>
                    {action}
                  </Mark>
                ))}
              </Title>
              {metadata.description !== '' && <Text size="sm">{metadata.description}</Text>}
              <Facts
                of={[
                  ['At', spec.gates.join(', ')],
                  ...(spec.match === undefined ? [] : [['Where', <Code key="match">{spec.match}</Code>] as const]),
                  ...spec.validations.map(
                    (rule, i) =>
                      [
                        spec.validations.length === 1 ? 'Has to hold' : `Has to hold, ${i + 1}`,
                        <Stack key={rule.expression} gap={2}>
                          <Code style={{ overflowWrap: 'anywhere' }}>{rule.expression}</Code>
                          <Text size="xs" c="dimmed">
                            {rule.message ?? rule.messageExpression}
                          </Text>
                        </Stack>,
                      ] as const,
                  ),
                ]}
              />
            </Stack>
          </Paper>
        ))}
      </Stack>
      <More of={listing} />
    </Page>
  )
}
