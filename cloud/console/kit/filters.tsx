import { Group, Select, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import classes from './filters.module.css'

export const Filters = ({ children }: { children: ReactNode }) => (
  <Group gap="xs" align="flex-end" role="search">
    {children}
  </Group>
)

interface FilterTextProps {
  readonly label: string
  readonly value: string | undefined
  readonly onChange: (value: string | undefined) => void
  readonly placeholder?: string
}

/** Asks once one has written it, not at every letter. */
export function FilterText({ label, value = '', onChange, placeholder }: FilterTextProps) {
  const [text, setText] = useState(value)
  const [known, setKnown] = useState(value)
  // The address changed by itself, as by going back.
  if (known !== value) {
    setKnown(value)
    setText(value)
  }
  const done = () => {
    if (text.trim() !== value) onChange(text.trim() || undefined)
  }
  return (
    <TextInput
      label={label}
      size="xs"
      className={classes.filter!}
      value={text}
      {...(placeholder !== undefined && { placeholder })}
      onChange={({ currentTarget }) => setText(currentTarget.value)}
      onBlur={done}
      onKeyDown={({ key }) => key === 'Enter' && done()}
    />
  )
}

interface FilterSelectProps<Value extends string> {
  readonly label: string
  readonly value: Value | undefined
  readonly onChange: (value: Value | undefined) => void
  readonly options: readonly (Value | { readonly value: Value; readonly label: string })[]
  /** Said where nothing is chosen; absent: something always is. */
  readonly any?: string
}

export function FilterSelect<Value extends string>({ label, value, onChange, options, any }: FilterSelectProps<Value>) {
  return (
    <Select
      label={label}
      size="xs"
      className={classes.filter!}
      data={options.map((one) => (typeof one === 'string' ? { value: one, label: one } : { ...one }))}
      value={value ?? null}
      allowDeselect={any !== undefined}
      clearable={any !== undefined && value !== undefined}
      {...(any !== undefined && { placeholder: any })}
      onChange={(next) => onChange((next as Value | null) ?? undefined)}
    />
  )
}
