import { Button, Menu, Text, TextInput } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask } from '../../api/client.ts'
import { useSession } from '../../app/session.tsx'
import { Confirm } from '../../kit/confirm.tsx'
import { labelTexts } from '../../kit/labels.ts'
import type { Device } from '../devices/state-mark.tsx'

type Verb = 'labels' | 'support' | 'revoke' | 'retire'

/** What this person may do to the device. */
export function Actions({ device }: { device: Device }) {
  const { can } = useSession()
  const client = useQueryClient()
  const [verb, setVerb] = useState<Verb>()
  const [labels, setLabels] = useState('')
  const path = { device: device.id }
  if (device.state === 'retired' || !(can('device.write') || can('device.diagnose'))) return null
  const close = () => setVerb(undefined)
  const done = () => client.invalidateQueries({ queryKey: ['device'] })
  const begin = (next: Verb) => {
    setLabels(labelTexts(device.labels).join(','))
    setVerb(next)
  }
  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Menu.Target>
          <Button size="xs" variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {can('device.write') && <Menu.Item onClick={() => begin('labels')}>Change labels…</Menu.Item>}
          {can('device.diagnose') && <Menu.Item onClick={() => begin('support')}>Ask for a support bundle…</Menu.Item>}
          {can('device.write') && (
            <>
              <Menu.Divider />
              <Menu.Item color="red" onClick={() => begin('revoke')}>
                Revoke…
              </Menu.Item>
              <Menu.Item color="red" onClick={() => begin('retire')}>
                Take out of service…
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Confirm
        action="Change labels"
        opened={verb === 'labels'}
        onClose={close}
        run={async () => {
          await ask(api.PUT('/v1/devices/{device}/labels', { params: { path }, body: labelsOf(labels) }))
          await done()
        }}
      >
        <TextInput
          label="Its own labels"
          description="name=value, commas between. Those of its shop stay."
          value={labels}
          onChange={({ currentTarget: { value } }) => setLabels(value)}
          data-autofocus
        />
      </Confirm>
      <Confirm
        action="Ask for a support bundle"
        opened={verb === 'support'}
        onClose={close}
        run={async () => {
          await ask(api.POST('/v1/devices/{device}/support-bundles', { params: { path } }))
          await done()
        }}
      >
        <Text size="sm">
          The device sends its status, configuration, log and what its doctor says
          {device.online ? '.' : ' once it is connected again.'} It is on this page then.
        </Text>
      </Confirm>
      <Confirm
        action="Revoke"
        opened={verb === 'revoke'}
        onClose={close}
        isDangerous
        typed={device.id}
        run={async () => {
          await ask(api.POST('/v1/devices/{device}/revoke', { params: { path } }))
          await done()
        }}
      >
        <Text size="sm">
          Token and certificates are withdrawn and its session ends, as for a device that was stolen. The shop goes on
          forecasting by itself; a claim that names the device lets it come back.
        </Text>
      </Confirm>
      <Confirm
        action="Take out of service"
        opened={verb === 'retire'}
        onClose={close}
        isDangerous
        typed={device.id}
        run={async () => {
          await ask(api.DELETE('/v1/devices/{device}', { params: { path } }))
          await done()
        }}
      >
        <Text size="sm">For good: its id is never used again. What it sent is kept.</Text>
      </Confirm>
    </>
  )
}

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .map((term) => term.trim())
      .filter(Boolean)
      .map((term) => {
        const at = term.indexOf('=')
        if (at < 1) throw new Error(`“${term}”: write name=value`)
        return [term.slice(0, at), term.slice(at + 1)]
      }),
  )
