import { Button, Group, NumberInput, Paper, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask, type Item } from '../../api/client.ts'
import { Allowed, useSession } from '../../app/session.tsx'
import { Command } from '../../kit/command.tsx'
import { ConfirmButton } from '../../kit/confirm.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { labelTexts, parseLabels } from '../../kit/labels.ts'
import { Mark, type Tone } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { ShownOnce } from '../../kit/shown-once.tsx'
import { Empty, Failed } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { SettingsTabs } from './settings-tabs.tsx'

type Claim = Item<'/v1/claims'>

function stateOf({ usedAt, withdrawnAt, expiresAt }: Claim): readonly [state: string, tone: Tone] {
  if (usedAt !== null) return ['used', 'good']
  if (withdrawnAt !== null) return ['withdrawn', 'quiet']
  return expiresAt < Date.now() ? ['ended', 'quiet'] : ['waiting', 'busy']
}

const COLUMNS: readonly Column<Claim>[] = [
  { id: 'site', title: 'Shop', cell: ({ site }) => site, csv: ({ site }) => site },
  {
    id: 'for',
    title: 'For',
    cell: ({ device, serialNumbers }) => device ?? serialNumbers?.join(', ') ?? 'any new device',
    csv: ({ device }) => device,
  },
  { id: 'labels', title: 'Labels', cell: ({ labels }) => labelTexts(labels).join(', ') || '–' },
  {
    id: 'state',
    title: 'State',
    cell: (claim) => {
      const [state, tone] = stateOf(claim)
      return <Mark tone={tone}>{state}</Mark>
    },
    csv: (claim) => stateOf(claim)[0],
  },
  { id: 'by', title: 'Used by', cell: ({ usedBy }) => usedBy ?? '–', csv: ({ usedBy }) => usedBy },
  {
    id: 'made',
    title: 'Made',
    cell: ({ createdAt }) => <Time at={createdAt} />,
    csv: ({ createdAt }) => new Date(createdAt).toISOString(),
  },
  {
    id: 'ends',
    title: 'Ends',
    cell: ({ expiresAt }) => <Time at={expiresAt} />,
    csv: ({ expiresAt }) => new Date(expiresAt).toISOString(),
  },
  { id: 'withdraw', title: '', cell: (claim) => (stateOf(claim)[0] === 'waiting' ? <Withdraw claim={claim} /> : null) },
]

export function Enrolment() {
  const { can } = useSession()
  const listing = useListing<Claim>({
    queryKey: ['claim'],
    page: (at, init) => ask(api.GET('/v1/claims', { params: { query: at }, ...init })),
  })
  return (
    <Page
      title="Settings"
      about="A claim lets one new device in, once: the device makes its own key and gets a certificate for it."
    >
      <SettingsTabs />
      {can('claim.write') && <NewClaims />}
      <DataTable
        name="Claims"
        columns={COLUMNS}
        listing={listing}
        rowId={({ id }) => id}
        empty={<Empty title="No claims">Make one for a shop, and give it to the device that is set up there.</Empty>}
      />
    </Page>
  )
}

function NewClaims() {
  const client = useQueryClient()
  const [site, setSite] = useState<string | null>(null)
  const [looked, setLooked] = useState('')
  const sites = useQuery({
    queryKey: ['site', 'names'],
    queryFn: ({ signal }) => ask(api.GET('/v1/sites', { params: { query: { limit: 500 } }, signal })),
  })
  const make = useMutation({
    mutationFn(fields: FormData) {
      const device = String(fields.get('device'))
      const body = {
        site: site ?? looked,
        count: Number(fields.get('count')),
        labels: parseLabels(String(fields.get('labels'))),
        ...(device !== '' && { device }),
      }
      return ask(api.POST('/v1/claims', { body }))
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['claim'] }),
  })
  return (
    <>
      <Paper withBorder p="md">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            make.mutate(new FormData(event.currentTarget))
          }}
        >
          <Stack gap="xs">
            <Group gap="xs" align="flex-end">
              <Select
                label="Shop"
                size="xs"
                searchable
                data={sites.data?.items.map(({ id }) => id) ?? []}
                value={site}
                onChange={setSite}
                searchValue={looked}
                onSearchChange={setLooked}
                nothingFoundMessage="There is no such shop"
                required
                withAsterisk={false}
              />
              <NumberInput label="Claims" name="count" size="xs" w={90} min={1} max={1000} defaultValue={1} />
              <TextInput label="Only for the device" name="device" size="xs" placeholder="any new one" />
              <TextInput label="Labels of the device" name="labels" size="xs" placeholder="tier=gold" />
              <Button type="submit" size="xs" loading={make.isPending}>
                Make
              </Button>
            </Group>
            {make.error && <Failed error={make.error} />}
          </Stack>
        </form>
      </Paper>
      {make.data && (
        <>
          <ShownOnce
            what={make.data.claims.length === 1 ? 'The claim' : `${make.data.claims.length} claims`}
            secrets={make.data.claims.map(({ claim }) => claim)}
          />
          <Text size="sm">
            On the device: <Command>storecast-agent enroll --claim-file …</Command>
          </Text>
        </>
      )}
    </>
  )
}

function Withdraw({ claim }: { claim: Claim }) {
  const client = useQueryClient()
  return (
    <Allowed to="claim.write">
      <ConfirmButton
        label="Withdraw"
        action="Withdraw the claim"
        isDangerous
        run={async () => {
          await ask(api.DELETE('/v1/claims/{id}', { params: { path: { id: claim.id } } }))
          await client.invalidateQueries({ queryKey: ['claim'] })
        }}
      >
        No device can enrol at {claim.site} with it any more.
      </ConfirmButton>
    </Allowed>
  )
}
