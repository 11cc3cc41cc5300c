import { ActionIcon, Button, Group, Menu, Text, TextInput } from '@mantine/core'
import { IconBookmark, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, ask } from '../../api/client.ts'
import { Failed } from '../../kit/states.tsx'

/** Filters and order of the page that one has kept under a name, to come back to. */
export function Views({ page, search }: { page: string; search: Record<string, string> }) {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const queryKey = ['views', page]
  const views = useQuery({
    queryKey,
    queryFn: ({ signal }) => ask(api.GET('/v1/views/{page}', { params: { path: { page } }, signal })),
  })
  const onSuccess = () => client.invalidateQueries({ queryKey })
  const keep = useMutation({
    mutationFn: (view: string) =>
      ask(
        api.PUT('/v1/views/{page}/{view}', {
          params: { path: { page, view } },
          body: { search: new URLSearchParams(search).toString() },
        }),
      ),
    onSuccess() {
      setName('')
      return onSuccess()
    },
  })
  const remove = useMutation({
    mutationFn: (view: string) => ask(api.DELETE('/v1/views/{page}/{view}', { params: { path: { page, view } } })),
    onSuccess,
  })
  const items = views.data?.items ?? []
  const failure = keep.error ?? remove.error ?? views.error
  return (
    <Menu position="bottom-end" width={300} closeOnItemClick={false} onClose={() => keep.reset()}>
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<IconBookmark size={14} aria-hidden />}>
          Views
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Yours</Menu.Label>
        {items.length === 0 && (
          <Text size="sm" c="dimmed" px="sm" pb="xs">
            Set filters, give them a name below, and find them here again.
          </Text>
        )}
        {items.map((view) => (
          <Group key={view.name} gap={4} wrap="nowrap">
            <Menu.Item
              closeMenuOnClick
              renderRoot={(props) => (
                <Link to="." search={Object.fromEntries(new URLSearchParams(view.search)) as never} {...props} />
              )}
            >
              {view.name}
            </Menu.Item>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Forget ${view.name}`}
              onClick={() => remove.mutate(view.name)}
            >
              <IconTrash size={14} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        <Menu.Divider />
        <form
          onSubmit={(event) => {
            event.preventDefault()
            keep.mutate(name.trim())
          }}
        >
          <Group gap={6} p={6} wrap="nowrap" align="flex-end">
            <TextInput
              size="xs"
              label="Keep what is shown as"
              style={{ flex: 1 }}
              value={name}
              pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
              title="letters, digits and . _ - only"
              maxLength={64}
              required
              withAsterisk={false}
              onChange={({ currentTarget: { value } }) => setName(value)}
            />
            <Button type="submit" size="xs" loading={keep.isPending}>
              Keep
            </Button>
          </Group>
        </form>
        {failure && <Failed error={failure} />}
      </Menu.Dropdown>
    </Menu>
  )
}
