import { MultiSelect, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import type { RolloutInput } from '@storecast/shared/contracts'
import { type DeviceSelector, parseSelectorText } from '@storecast/shared/contracts/selector'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, ask } from '../../api/client.ts'
import { count } from '../../kit/figures.ts'
import { selectorText } from './selector.ts'
import { devices } from './words.ts'

type Selector = NonNullable<RolloutInput['spec']['selector']>

interface SelectionProps {
  readonly selector: Selector
  readonly onChange: (selector: Selector) => void
  /** What is typed is no selector, and the one before is not what is meant any more; undefined: it is one. */
  readonly onUnreadable: (message: string | undefined) => void
}

/** Devices by labels and groups, with those that are selected now. */
export function Selection({ selector, onChange, onUnreadable }: SelectionProps) {
  const { labels = {}, expressions = [], groups = [] } = selector
  const [typed, setTyped] = useState(() => selectorText({ labels, expressions }))
  const [error, setError] = useState<string>()
  const known = useQuery({
    queryKey: ['group', 'names'],
    queryFn: ({ signal }) => ask(api.GET('/v1/groups', { params: { query: { limit: 500 } }, signal })),
  })
  const type = (text: string) => {
    setTyped(text)
    try {
      onChange({ ...parseSelectorText(text), groups })
      setError(undefined)
      onUnreadable(undefined)
    } catch (cause) {
      setError((cause as Error).message)
      onUnreadable((cause as Error).message)
    }
  }
  const names = known.data?.items.map(({ metadata }) => metadata.name) ?? []
  return (
    <Stack gap="xs">
      <TextInput
        label="Labels"
        description="All must hold, of the device or its shop: region=eu, tier!=museum, site in (berlin,oslo), !pilot. Empty: every device."
        size="sm"
        value={typed}
        error={error}
        onChange={({ currentTarget: { value } }) => type(value)}
      />
      {names.length > 0 && (
        <MultiSelect
          label="Groups"
          description="Devices of any of them. None: whatever their groups."
          size="sm"
          clearable
          data={names}
          value={groups}
          onChange={(chosen) => onChange({ labels, expressions, groups: chosen })}
        />
      )}
      {error === undefined && <Selected selector={{ labels, expressions, groups }} />}
    </Stack>
  )
}

/** How many that is now, and the first of them by name. */
function Selected({ selector }: { selector: DeviceSelector }) {
  const text = selectorText(selector)
  const [query] = useDebouncedValue(`${text}\n${selector.groups.join(',')}`, 250)
  const found = useQuery({
    queryKey: ['device', 'selection', query],
    queryFn: ({ signal }) => {
      const [selector = '', groups = ''] = query.split('\n')
      const params = { query: { ...(selector && { selector }), ...(groups && { groups }) } }
      return ask(api.GET('/v1/device-selection', { params, signal }))
    },
    placeholderData: keepPreviousData,
  })
  if (found.error) {
    return (
      <Text size="sm" c="var(--mantine-color-error)" role="alert">
        {found.error.message}
      </Text>
    )
  }
  if (!found.data) return null
  const { devices: number, online, sites, first } = found.data
  return (
    <Text size="sm" role="status">
      <b>{devices(number)}</b>
      {number > 0 &&
        ` at ${count(sites)} ${sites === 1 ? 'shop' : 'shops'}, ${count(online)} connected: ${first.join(', ')}`}
      {number > first.length && ', …'}
      {number === 0 && ': no device in service carries these labels.'}
    </Text>
  )
}
