import { Button, Menu, Text } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { Confirm } from '../../kit/confirm.tsx'
import { Loaded } from '../../kit/states.tsx'
import type { Rollout } from './queries.ts'
import { devices, type Verb, verbsOf } from './words.ts'

interface Deed {
  readonly label: string
  readonly action: string
  readonly about: ReactNode
  /** Its name must be typed: devices change what they run, or evidence is passed over. */
  readonly isTyped?: true
  readonly isDangerous?: true
}

const DEEDS: Readonly<Record<Verb, Deed>> = {
  pause: { label: 'Pause', action: 'Pause the rollout', about: 'No more devices are told; those told go on.' },
  resume: {
    label: 'Resume',
    action: 'Resume the rollout',
    about: 'It goes on from where it is, and with the failures that there are.',
  },
  promote: {
    label: 'Promote',
    action: 'Promote past what holds it',
    about: 'It goes on despite a pause, an analysis or missing proof at this step. Your name stands for it.',
  },
  'promote-full': {
    label: 'Promote to every device',
    action: 'Promote to every device',
    about: 'Every device is told at once, whatever the evidence says. Failures still hold it.',
    isTyped: true,
  },
  abort: {
    label: 'Abort',
    action: 'Abort the rollout',
    about: 'Every device that was told goes back to what it had, also those that are away, once they return.',
    isTyped: true,
    isDangerous: true,
  },
  retry: {
    label: 'Retry',
    action: 'Have those in trouble try again',
    about: 'Devices that failed, rolled back or are silent are told again. No other is.',
  },
  undo: {
    label: 'Undo',
    action: 'Undo the rollout',
    about: 'Each device that still has the version goes back to the version that it had before.',
    isTyped: true,
    isDangerous: true,
  },
}

/** What one may do to the rollout in its state; who may not sees no button. */
export function Verbs({ rollout }: { rollout: Rollout }) {
  const { can } = useSession()
  const [chosen, setChosen] = useState<Verb>()
  // Of a rollout with devices beyond one's limit one sees a part, and may do nothing to it.
  if (!can('rollout.write') || rollout.document.spec.selector === undefined) return null
  const verbs = verbsOf(rollout)
  const shown = verbs.filter((verb) => verb !== 'promote-full')
  return (
    <>
      {shown.map((verb) => (
        <Button
          key={verb}
          size="xs"
          variant={DEEDS[verb].isDangerous ? 'light' : 'default'}
          {...(DEEDS[verb].isDangerous && { color: 'red' })}
          onClick={() => setChosen(verb)}
        >
          {DEEDS[verb].label}
        </Button>
      ))}
      {verbs.includes('promote-full') && (
        <Menu position="bottom-end">
          <Menu.Target>
            <Button size="xs" variant="default" px={8} aria-label="More">
              <IconDots size={16} aria-hidden />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => setChosen('promote-full')}>{DEEDS['promote-full'].label}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      {chosen && <Ask key={chosen} rollout={rollout} verb={chosen} onClose={() => setChosen(undefined)} />}
    </>
  )
}

function Ask({ rollout, verb, onClose }: { rollout: Rollout; verb: Verb; onClose: () => void }) {
  const client = useQueryClient()
  const [isDoing, setDoing] = useState(false)
  const { action, about, isTyped, isDangerous } = DEEDS[verb]
  const params = { path: { rollout: rollout.id, verb } }
  return (
    <Confirm
      action={action}
      opened
      onClose={onClose}
      {...(isDangerous && { isDangerous })}
      {...(isTyped && { typed: rollout.name })}
      run={async () => {
        setDoing(true)
        try {
          await ask(api.POST('/v1/rollouts/{rollout}/{verb}', { params }))
        } catch (error) {
          setDoing(false)
          throw error
        }
        await client.invalidateQueries({ queryKey: ['rollout'], predicate: ({ queryKey }) => queryKey[2] !== 'plan' })
      }}
    >
      <Text size="sm">{about}</Text>
      <Rehearsal rollout={rollout.id} verb={verb} isOpen={!isDoing} />
    </Confirm>
  )
}

const TOLD: Readonly<Record<string, string>> = {
  active: 'are told to serve the version',
  back: 'go back to what they had',
  withdrawn: 'go without',
  none: 'end the shadow',
  shadow: 'take the candidate into shadow',
}

/** What would come of it now, as the cloud says. @param isOpen not once it is being done: then it is no question any more */
function Rehearsal({ rollout, verb, isOpen }: { rollout: string; verb: Verb; isOpen: boolean }) {
  const plan = useQuery({
    enabled: isOpen,
    queryKey: ['rollout', rollout, 'plan', verb],
    queryFn: ({ signal }) =>
      ask(api.GET('/v1/rollouts/{rollout}/plan/{verb}', { params: { path: { rollout, verb } }, signal })),
    staleTime: 0,
  })
  return (
    <Loaded query={plan} what="what it would do">
      {({ effect, changes, state }) => (
        <Text size="sm" c="dimmed" mt="xs" component="div">
          {effect === null ? (
            'Now nothing would change.'
          ) : (
            <>
              Now: {effect}; it would be {state}.
              {changes.map(({ to, devices: number, first }) => (
                <div key={to}>
                  {devices(number)} {TOLD[to] ?? to}: {first.join(', ')}
                  {number > first.length && ', …'}
                </div>
              ))}
            </>
          )}
        </Text>
      )}
    </Loaded>
  )
}
