import { Button, Group, MultiSelect, Paper, Select, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask, type Item } from '../../api/client.ts'
import { Allowed, useSession } from '../../app/session.tsx'
import { ConfirmButton } from '../../kit/confirm.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { ShownOnce } from '../../kit/shown-once.tsx'
import { Empty, Failed } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { ROLES, type Role } from './role-words.ts'
import { SettingsTabs } from './settings-tabs.tsx'

type Token = Item<'/v1/tokens'>

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())

/** As the audit log calls who uses it. */
const ofWhom = ({ owner, id }: Token) => owner ?? `token:${id}`

const COLUMNS: readonly Column<Token>[] = [
  { id: 'name', title: 'Token', cell: ({ name }) => name, csv: ({ name }) => name },
  { id: 'owner', title: 'Of', cell: ofWhom, csv: ofWhom },
  { id: 'roles', title: 'Roles', cell: ({ roles }) => roles.join(', '), csv: ({ roles }) => roles.join(' ') },
  {
    id: 'used',
    title: 'Last used',
    cell: ({ lastUsedAt }) => <Time at={lastUsedAt} never="never" />,
    csv: ({ lastUsedAt }) => iso(lastUsedAt),
  },
  {
    id: 'expires',
    title: 'Ends',
    cell: ({ expiresAt }) => <Time at={expiresAt} never="never" />,
    csv: ({ expiresAt }) => iso(expiresAt),
  },
  {
    id: 'state',
    title: 'State',
    cell: ({ revokedAt, expiresAt }) => {
      if (revokedAt !== null) return <Mark tone="quiet">withdrawn</Mark>
      return expiresAt !== null && expiresAt < Date.now() ? (
        <Mark tone="quiet">ended</Mark>
      ) : (
        <Mark tone="good">good</Mark>
      )
    },
    csv: ({ revokedAt }) => (revokedAt === null ? 'good' : 'withdrawn'),
  },
  { id: 'withdraw', title: '', cell: (token) => (token.revokedAt === null ? <Withdraw token={token} /> : null) },
]

export function Tokens() {
  const { self, can } = useSession()
  const all = can('user.read') && Object.keys(self.limit).length === 0
  const listing = useListing<Token>({
    queryKey: ['token', all],
    page: (at, init) =>
      ask(
        api.GET('/v1/tokens', {
          params: { query: { ...(all && { all: 'true' as never }), ...at } },
          ...init,
        }),
      ),
  })
  return (
    <Page title="Settings">
      <SettingsTabs />
      {can('self.write') && <NewToken />}
      <DataTable
        name="Tokens"
        columns={COLUMNS}
        listing={listing}
        rowId={({ id }) => id}
        empty={<Empty title="No tokens">Programs that call the API show one; people sign in.</Empty>}
      />
    </Page>
  )
}

function NewToken() {
  const client = useQueryClient()
  const [roles, setRoles] = useState<Role[]>(['viewer'])
  const [days, setDays] = useState('90')
  const make = useMutation({
    mutationFn: (name: string) =>
      ask(api.POST('/v1/tokens', { body: { name, roles, expiresInDays: days === 'never' ? null : Number(days) } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['token'] }),
  })
  return (
    <>
      <Paper withBorder p="md">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            make.mutate(String(new FormData(event.currentTarget).get('name')))
          }}
        >
          <Stack gap="xs">
            <Group gap="xs" align="flex-end">
              <TextInput label="Make a token named" name="name" size="xs" required withAsterisk={false} />
              <MultiSelect
                label="That may what these may"
                size="xs"
                miw={200}
                data={Object.keys(ROLES)}
                value={roles}
                onChange={(values) => setRoles(values as Role[])}
              />
              <Select
                label="For"
                size="xs"
                w={120}
                data={[
                  { value: '7', label: '7 days' },
                  { value: '90', label: '90 days' },
                  { value: '365', label: '1 year' },
                  { value: 'never', label: 'ever' },
                ]}
                value={days}
                allowDeselect={false}
                onChange={(value) => setDays(value ?? '90')}
              />
              <Button type="submit" size="xs" loading={make.isPending} disabled={roles.length === 0}>
                Make
              </Button>
            </Group>
            {make.error && <Failed error={make.error} />}
          </Stack>
        </form>
      </Paper>
      {make.data && <ShownOnce what={`The token ${make.data.token.name}`} secrets={[make.data.secret]} />}
    </>
  )
}

function Withdraw({ token }: { token: Token }) {
  const client = useQueryClient()
  return (
    <Allowed to="self.write">
      <ConfirmButton
        label="Withdraw"
        hint={`Withdraw ${token.name}`}
        action="Withdraw the token"
        isDangerous
        run={async () => {
          await ask(api.DELETE('/v1/tokens/{token}', { params: { path: { token: token.id } } }))
          await client.invalidateQueries({ queryKey: ['token'] })
        }}
      >
        What uses {token.name} is refused from now on. This cannot be taken back.
      </ConfirmButton>
    </Allowed>
  )
}
