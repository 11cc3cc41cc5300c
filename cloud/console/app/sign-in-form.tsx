import { Alert, Button, Divider, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { api, ask } from '../api/client.ts'

interface SignInFormProps {
  /** Who signs in, where only one person can. */
  readonly as?: string
  readonly onSignedIn: () => unknown
}

/** Asks who somebody is, in the ways that the cloud has. */
export function SignInForm({ as, onSignedIn }: SignInFormProps) {
  const ways = useQuery({ queryKey: ['login'], queryFn: () => ask(api.GET('/v1/login')) })
  const signIn = useMutation({
    mutationFn: (body: { name: string; password: string }) =>
      ask(api.POST('/v1/sessions', { body: { ...body, kind: 'cookie' } })),
    onSuccess: onSignedIn,
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        const fields = new FormData(event.currentTarget)
        signIn.mutate({ name: String(fields.get('name')), password: String(fields.get('password')) })
      }}
    >
      <Stack gap="sm">
        <TextInput
          label="Name"
          name="name"
          autoComplete="username"
          required
          withAsterisk={false}
          {...(as === undefined ? { autoFocus: true } : { readOnly: true, value: as })}
        />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
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
  )
}
