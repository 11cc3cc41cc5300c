import { Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { Confirm } from './confirm.tsx'

interface UnsentProps {
  /** Asked when somebody is about to leave the page: whether something is lost by it. */
  readonly isLost: () => boolean
  /** "The rollout that you put together". */
  readonly what: string
}

/** Asks before somebody leaves a page with what they put together there and did not send. */
export function Unsent({ isLost, what }: UnsentProps) {
  const leaving = useBlocker({ shouldBlockFn: isLost, enableBeforeUnload: false, withResolver: true })
  return (
    <Confirm
      action="Leave the page"
      opened={leaving.status === 'blocked'}
      onClose={() => leaving.reset?.()}
      run={async () => leaving.proceed?.()}
      isDangerous
    >
      <Text size="sm">{what} is lost when you leave: nobody but this page has it.</Text>
    </Confirm>
  )
}
