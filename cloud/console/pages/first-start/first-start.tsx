import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api, ask } from '../../api/client.ts'
import { FrontDoor } from '../../app/front-door.tsx'
import { ShownOnce } from '../../kit/shown-once.tsx'
import { Failed } from '../../kit/states.tsx'

/**
 * Where the link of the first start leads. Its code is in the fragment, which a browser sends to nobody, and is used up by the
 * first button that is pressed: for an account of one's own, or for a token.
 */
export function FirstStart() {
  const [code] = useState(() => window.location.hash.slice(1))
  useEffect(() => {
    // Nobody who looks at the history, or over a shoulder, has the code.
    window.history.replaceState(window.history.state, '', '/claim')
  }, [])
  return (
    <FrontDoor title="First operator" name="First operator">
      {code === '' ? (
        <Text size="sm">
          This link is not complete: open the whole of it, as the cloud wrote it at its first start. Who has an account
          can <Anchor href="/sign-in">sign in</Anchor>.
        </Text>
      ) : (
        <Claimed code={code} />
      )}
    </FrontDoor>
  )
}

function Claimed({ code }: { code: string }) {
  const client = useQueryClient()
  const router = useRouter()
  const [token, setToken] = useState<string>()
  const claim = async () => {
    if (token !== undefined) return token
    const made = await ask(api.POST('/v1/admin-tokens', { body: { code } }))
    setToken(made.token)
    return made.token
  }
  const account = useMutation({
    async mutationFn({ name, password }: { name: string; password: string }) {
      const headers = { authorization: `Bearer ${await claim()}` }
      await ask(api.POST('/v1/users', { body: { name, password, roles: ['admin'] }, headers }))
      await ask(api.POST('/v1/sessions', { body: { name, password, kind: 'cookie' } }))
    },
    onSuccess() {
      client.clear()
      router.history.push('/')
    },
  })
  const show = useMutation({ mutationFn: claim })
  return (
    <Stack gap="md">
      <Text size="sm">This link works once. Make yourself an account; others are added under Settings.</Text>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const fields = new FormData(event.currentTarget)
          account.mutate({ name: String(fields.get('name')), password: String(fields.get('password')) })
        }}
      >
        <Stack gap="sm">
          <TextInput label="Name" name="name" autoComplete="username" required withAsterisk={false} />
          <PasswordInput
            label="Password"
            description="At least 12 characters"
            name="password"
            autoComplete="new-password"
            minLength={12}
            required
            withAsterisk={false}
          />
          {account.error && <Failed error={account.error} />}
          <Button type="submit" loading={account.isPending}>
            Create the account
          </Button>
        </Stack>
      </form>
      {show.data === undefined ? (
        <Text size="sm" c="dimmed">
          For a program rather than a person:{' '}
          <Button variant="default" size="compact-sm" loading={show.isPending} onClick={() => show.mutate()}>
            Show a token
          </Button>
        </Text>
      ) : (
        <ShownOnce what="The first operator’s token" secrets={[show.data]} />
      )}
      {show.error && <Failed error={show.error} />}
    </Stack>
  )
}
