import { Button, Checkbox, Group, Select, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask } from '../../api/client.ts'
import { Failed } from '../../kit/states.tsx'

const HOUR_MS = 3_600_000
const SPANS = [
  { value: '1', label: '1 hour' },
  { value: '8', label: '8 hours' },
  { value: '24', label: '1 day' },
  { value: '168', label: '1 week' },
]

/** Tells nobody of alerts that carry the chosen labels, for a time. */
export function SilenceForm({ labels, onDone }: { labels: Readonly<Record<string, string>>; onDone: () => void }) {
  const [chosen, setChosen] = useState<readonly string[]>(['rule'])
  const [hours, setHours] = useState('8')
  const [comment, setComment] = useState('')
  const silence = useMutation({
    mutationFn: () =>
      ask(
        api.POST('/v1/silences', {
          body: {
            labels: Object.fromEntries(chosen.map((name) => [name, labels[name]!])),
            endsAt: Date.now() + Number(hours) * HOUR_MS,
            comment,
          },
        }),
      ),
    onSuccess: onDone,
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        silence.mutate()
      }}
    >
      <Stack gap="sm">
        <Checkbox.Group
          label="Silence alerts with"
          description="Those that carry all of these; they are shown all the same"
          value={[...chosen]}
          onChange={setChosen}
        >
          <Group gap="sm" mt="xs">
            {Object.entries(labels).map(([name, value]) => (
              <Checkbox key={name} size="xs" value={name} label={`${name}=${value}`} />
            ))}
          </Group>
        </Checkbox.Group>
        <Group gap="xs" align="flex-end">
          <Select
            label="For"
            size="xs"
            w={110}
            data={SPANS}
            value={hours}
            allowDeselect={false}
            onChange={(value) => setHours(value ?? '8')}
          />
          <TextInput
            label="Why"
            size="xs"
            style={{ flexGrow: 1 }}
            required
            maxLength={500}
            value={comment}
            onChange={({ currentTarget }) => setComment(currentTarget.value)}
          />
          <Button type="submit" size="xs" variant="default" loading={silence.isPending} disabled={chosen.length === 0}>
            Silence
          </Button>
        </Group>
        {silence.error && <Failed error={silence.error} />}
      </Stack>
    </form>
  )
}
