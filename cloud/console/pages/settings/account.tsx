import { Button, Code, Group, Paper, PasswordInput, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { Facts } from '../../kit/facts.tsx'
import { labelTexts } from '../../kit/labels.ts'
import { Page } from '../../kit/page.tsx'
import { Failed } from '../../kit/states.tsx'
import { SettingsTabs } from './settings-tabs.tsx'

export function Account() {
  const { self } = useSession()
  const limits = labelTexts(self.limit)
  return (
    <Page title="Settings">
      <SettingsTabs />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Paper withBorder p="md">
          <Stack gap="sm">
            <Title order={2}>Who you are here</Title>
            <Facts
              of={[
                ['Name', self.name],
                ['Sees', limits.length === 0 ? 'every shop' : `shops with ${limits.join(', ')}`],
                [
                  'May',
                  <Group key="may" gap={4}>
                    {self.permissions.map((permission) => (
                      <Code key={permission}>{permission}</Code>
                    ))}
                  </Group>,
                ],
              ]}
            />
          </Stack>
        </Paper>
        <Paper withBorder p="md">
          {self.subject === null ? (
            <NewPassword />
          ) : (
            <Text size="sm">You sign in with your organisation, which keeps your password.</Text>
          )}
        </Paper>
      </SimpleGrid>
    </Page>
  )
}

function NewPassword() {
  const client = useQueryClient()
  const navigate = useNavigate()
  const change = useMutation({
    mutationFn: (password: string) => ask(api.PUT('/v1/self/password', { body: { password } })),
    async onSuccess() {
      client.clear()
      await navigate({ to: '/sign-in', search: { to: '/settings' } })
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        change.mutate(String(new FormData(event.currentTarget).get('password')))
      }}
    >
      <Stack gap="sm" align="flex-start">
        <Title order={2}>Password</Title>
        <PasswordInput
          w="100%"
          maw={340}
          label="New password"
          description="At least 12 characters. You sign in again with it, everywhere."
          name="password"
          autoComplete="new-password"
          minLength={12}
          required
          withAsterisk={false}
        />
        <Button type="submit" size="xs" loading={change.isPending}>
          Change the password
        </Button>
        {change.error && <Failed error={change.error} />}
      </Stack>
    </form>
  )
}
