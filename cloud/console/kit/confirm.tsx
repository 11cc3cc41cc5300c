import { Button, Group, Stack, TextInput } from '@mantine/core'
import { type UseMutationResult, useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Dialog } from './dialog.tsx'
import { Failed } from './states.tsx'

interface ConfirmProps {
  /** What is done, as the button's words: "Abort the rollout". */
  readonly action: string
  readonly opened: boolean
  readonly onClose: () => void
  /** What follows from it. */
  readonly children: ReactNode
  /** Does it; the window stays open where it fails, and says why. */
  readonly run: () => Promise<unknown>
  readonly isDangerous?: boolean
  /** Must be typed first, as the name of what is lost. */
  readonly typed?: string
}

/** Asks before something is done that cannot simply be taken back. */
export const Confirm = ({ opened, ...window }: ConfirmProps) => opened && <Asking {...window} />

function Asking({ action, onClose, children, run, isDangerous, typed }: Omit<ConfirmProps, 'opened'>) {
  const [text, setText] = useState('')
  const doing: UseMutationResult<unknown, Error, void> = useMutation({ mutationFn: run, onSuccess: onClose })
  return (
    <Dialog title={action} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          doing.mutate()
        }}
      >
        <Stack gap="sm">
          <div>{children}</div>
          {typed !== undefined && (
            <TextInput
              label={
                <>
                  Type <code>{typed}</code> to go on
                </>
              }
              value={text}
              onChange={({ currentTarget: { value } }) => setText(value)}
              autoComplete="off"
              data-autofocus
            />
          )}
          {doing.error && <Failed error={doing.error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              {...(isDangerous && { color: 'red.8' })}
              loading={doing.isPending}
              disabled={typed !== undefined && text !== typed}
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

interface ConfirmButtonProps extends Omit<ConfirmProps, 'opened' | 'onClose'> {
  readonly label: string
  /** Of which of many rows, for who does not see them. */
  readonly hint?: string
}

/** A row's button that asks before it does what it says. */
export function ConfirmButton({ label, hint = label, ...confirm }: ConfirmButtonProps) {
  const [opened, setOpened] = useState(false)
  return (
    <>
      <Button size="compact-xs" variant="default" aria-label={hint} onClick={() => setOpened(true)}>
        {label}
      </Button>
      <Confirm opened={opened} onClose={() => setOpened(false)} {...confirm} />
    </>
  )
}
