import { Button, Group, MultiSelect, PasswordInput, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask, type Item } from '../../api/client.ts'
import { Allowed, useSession } from '../../app/session.tsx'
import { type Column, DataTable } from '../../kit/data-table.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { labelTexts, parseLabels } from '../../kit/labels.ts'
import { Mark } from '../../kit/mark.tsx'
import { Page } from '../../kit/page.tsx'
import { useListing } from '../../kit/pages-of.ts'
import { Empty, Failed } from '../../kit/states.tsx'
import { Time } from '../../kit/time.tsx'
import { ROLES, type Role } from './role-words.ts'
import { SettingsTabs } from './settings-tabs.tsx'

type User = Item<'/v1/users'>

const ROLE_CHOICES = Object.entries(ROLES).map(([value, about]) => ({ value, label: `${value}: ${about}` }))

export function People() {
  const [edited, setEdited] = useState<User | 'new'>()
  const listing = useListing<User>({
    queryKey: ['user'],
    page: (at, init) => ask(api.GET('/v1/users', { params: { query: at }, ...init })),
  })
  const columns: readonly Column<User>[] = [
    { id: 'name', title: 'Name', cell: ({ name }) => name, csv: ({ name }) => name },
    { id: 'roles', title: 'Roles', cell: ({ roles }) => roles.join(', '), csv: ({ roles }) => roles.join(' ') },
    {
      id: 'limit',
      title: 'Sees',
      cell: ({ limit }) => labelTexts(limit).join(', ') || 'every shop',
      csv: ({ limit }) => labelTexts(limit).join(' '),
    },
    {
      id: 'origin',
      title: 'Signs in by',
      cell: ({ origin }) => (origin === 'oidc' ? 'the organisation' : 'a password'),
      csv: ({ origin }) => origin,
    },
    {
      id: 'state',
      title: 'State',
      cell: ({ disabledAt }) =>
        disabledAt === null ? <Mark tone="good">active</Mark> : <Mark tone="quiet">disabled</Mark>,
      csv: ({ disabledAt }) => (disabledAt === null ? 'active' : 'disabled'),
    },
    {
      id: 'since',
      title: 'Since',
      cell: ({ createdAt }) => <Time at={createdAt} />,
      csv: ({ createdAt }) => new Date(createdAt).toISOString(),
    },
    {
      id: 'edit',
      title: '',
      cell: (user) => (
        <Allowed to="user.write">
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => setEdited(user)}
            aria-label={`Change ${user.name}`}
          >
            Change
          </Button>
        </Allowed>
      ),
    },
  ]
  return (
    <Page
      title="Settings"
      actions={
        <Allowed to="user.write">
          <Button size="xs" onClick={() => setEdited('new')}>
            Add somebody
          </Button>
        </Allowed>
      }
    >
      <SettingsTabs />
      <DataTable
        name="People"
        columns={columns}
        listing={listing}
        rowId={({ name }) => name}
        empty={<Empty title="Nobody yet">Who signs in with the organisation appears here by themselves.</Empty>}
      />
      {edited !== undefined && (
        <Dialog
          onClose={() => setEdited(undefined)}
          title={edited === 'new' ? 'Add somebody' : `Change ${edited.name}`}
        >
          <UserForm user={edited === 'new' ? undefined : edited} onDone={() => setEdited(undefined)} />
        </Dialog>
      )}
    </Page>
  )
}

function UserForm({ user, onDone }: { user: User | undefined; onDone: () => void }) {
  const client = useQueryClient()
  const { self } = useSession()
  const [roles, setRoles] = useState<Role[]>(user?.roles ?? ['viewer'])
  const save = useMutation({
    mutationFn(fields: FormData) {
      const password = String(fields.get('password'))
      const limit = parseLabels(String(fields.get('limit')))
      const secret = password === '' ? {} : { password }
      if (user === undefined) {
        return ask(api.POST('/v1/users', { body: { name: String(fields.get('name')), roles, limit, ...secret } }))
      }
      const disabled = fields.get('disabled') === 'on'
      // What the organisation says of somebody is not for us to change.
      const body = user.origin === 'oidc' ? { disabled } : { roles, limit, disabled, ...secret }
      return ask(api.PATCH('/v1/users/{user}', { params: { path: { user: user.name } }, body }))
    },
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ['user'] })
      onDone()
    },
  })
  const isOurs = user?.origin !== 'oidc'
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate(new FormData(event.currentTarget))
      }}
    >
      <Stack gap="sm">
        {user === undefined && (
          <TextInput label="Name" name="name" required withAsterisk={false} autoComplete="off" data-autofocus />
        )}
        {isOurs ? (
          <>
            <MultiSelect
              label="Roles"
              data={ROLE_CHOICES}
              value={roles}
              onChange={(values) => setRoles(values as Role[])}
              required
              withAsterisk={false}
            />
            <TextInput
              label="Sees only shops with"
              description="Labels, such as region=eu; empty: every shop"
              name="limit"
              defaultValue={labelTexts(user?.limit ?? {}).join(', ')}
            />
            <PasswordInput
              label={user === undefined ? 'Password' : 'New password'}
              description={user === undefined ? 'At least 12 characters' : 'Empty: stays as it is'}
              name="password"
              autoComplete="new-password"
              minLength={12}
              required={user === undefined}
              withAsterisk={false}
            />
          </>
        ) : (
          <Text size="sm">Roles and shops of {user.name} are what the organisation says.</Text>
        )}
        {user !== undefined && user.name !== self.name && (
          <Switch label="Disabled: cannot sign in" name="disabled" defaultChecked={user.disabledAt !== null} />
        )}
        {save.error && <Failed error={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
