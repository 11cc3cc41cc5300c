import { Alert, Button, Divider, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { api, ask } from '../../api/client.ts'
import { FrontDoor } from '../../app/front-door.tsx'

export function SignIn() {
  const { to = '/' } = useSearch({ from: '/sign-in' })
  const client = useQueryClient()
  const router = useRouter()
  const ways = useQuery({ queryKey: ['login'], queryFn: () => ask(api.GET('/v1/login')) })
  const signIn = useMutation({
    mutationFn: (body: { name: string; password: string }) =>
      ask(api.POST('/v1/sessions', { body: { ...body, kind: 'cookie' } })),
    async onSuccess() {
      client.clear()
      router.history.push(to)
    },
  })
  return (
    <FrontDoor title="Storecast" name="Sign in">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const fields = new FormData(event.currentTarget)
          signIn.mutate({ name: String(fields.get('name')), password: String(fields.get('password')) })
        }}
      >
        <Stack gap="sm">
          <TextInput label="Name" name="name" autoComplete="username" required autoFocus withAsterisk={false} />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
          />
          {signIn.error && (
            <Alert color="red" variant="light" role="alert">
              <Text size="sm">{signIn.error.message}</Text>
            </Alert>
          )}
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
          {ways.data?.oidc && (
            <>
              <Divider label="or" />
              <Button component="a" href="/v1/login/oidc" variant="default">
                Sign in with {new URL(ways.data.oidc.issuer).host}
              </Button>
            </>
          )}
        </Stack>
      </form>
    </FrontDoor>
  )
}
