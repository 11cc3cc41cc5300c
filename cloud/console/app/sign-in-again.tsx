import { Anchor, Modal, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { SignInForm } from './sign-in-form.tsx'

/** The session has ended under a page: what was typed there is still there when the same person is back. */
export function SignInAgain({ name }: { name: string }) {
  const client = useQueryClient()
  return (
    <Modal
      opened
      onClose={() => {}}
      title="Your session has ended"
      centered
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
    >
      <Stack gap="sm">
        <Text size="sm">Sign in to go on where you were; what you typed is still there.</Text>
        <SignInForm as={name} onSignedIn={() => client.invalidateQueries()} />
        <Anchor size="sm" href="/sign-in">
          Sign in as somebody else
        </Anchor>
      </Stack>
    </Modal>
  )
}
