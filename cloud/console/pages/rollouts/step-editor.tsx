import { ActionIcon, Button, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core'
import type { RolloutStep } from '@storecast/shared/contracts'
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react'
import { kindOf, moved, newStep, type StepKind } from './draft.ts'
import { stepWords } from './words.ts'

const KINDS = [
  { value: 'setWeight', label: 'Share of the devices' },
  { value: 'setCount', label: 'Number of devices' },
  { value: 'pause', label: 'Pause' },
  { value: 'analysis', label: 'Analysis in shadow' },
]

interface StepEditorProps {
  readonly steps: readonly RolloutStep[]
  readonly onChange: (steps: RolloutStep[]) => void
  /** What is wrong, by the step's place. */
  readonly errorOf: (index: number) => string | undefined
}

/** Steps in their order: each of a kind, with its value, to be moved and removed. */
export function StepEditor({ steps, onChange, errorOf }: StepEditorProps) {
  const replace = (index: number, step: RolloutStep) => onChange(steps.with(index, step))
  const share = Math.max(0, ...steps.map(({ setWeight = 0 }) => setWeight))
  return (
    <Stack gap="xs">
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place; two may be the same.
        <div key={index}>
          <Group
            gap="xs"
            wrap="wrap"
            align="flex-end"
            role="group"
            aria-label={`Step ${index + 1}: ${stepWords(step)}`}
          >
            <Text size="sm" w={18} ta="right" pb={6} c="dimmed">
              {index + 1}
            </Text>
            <Select
              aria-label={`What step ${index + 1} does`}
              size="xs"
              flex="1 1 170px"
              maw={320}
              allowDeselect={false}
              data={KINDS}
              value={kindOf(step)}
              onChange={(kind) => kind && replace(index, newStep(kind as StepKind, share))}
            />
            <Value index={index} step={step} onChange={(changed) => replace(index, changed)} />
            <Group gap={2} wrap="nowrap">
              <Act
                label={`Move step ${index + 1} up`}
                disabled={index === 0}
                onClick={() => onChange(moved(steps, index, index - 1))}
              >
                <IconArrowUp size={14} aria-hidden />
              </Act>
              <Act
                label={`Move step ${index + 1} down`}
                disabled={index === steps.length - 1}
                onClick={() => onChange(moved(steps, index, index + 1))}
              >
                <IconArrowDown size={14} aria-hidden />
              </Act>
              <Act
                label={`Remove step ${index + 1}`}
                disabled={steps.length === 1}
                onClick={() => onChange(steps.toSpliced(index, 1))}
              >
                <IconTrash size={14} aria-hidden />
              </Act>
            </Group>
          </Group>
          {errorOf(index) !== undefined && (
            <Text size="xs" c="var(--mantine-color-error)" pl={28} role="alert">
              {errorOf(index)}
            </Text>
          )}
        </div>
      ))}
      <Button
        variant="default"
        size="xs"
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() => onChange([...steps, newStep('setWeight', share)])}
        style={{ alignSelf: 'flex-start' }}
      >
        Add a step
      </Button>
    </Stack>
  )
}

function Value({ index, step, onChange }: { index: number; step: RolloutStep; onChange: (step: RolloutStep) => void }) {
  const common = { size: 'xs', w: 110 } as const
  if (step.setWeight !== undefined) {
    return (
      <NumberInput
        {...common}
        aria-label={`Percent of the devices in step ${index + 1}`}
        suffix=" %"
        min={0.1}
        max={100}
        value={step.setWeight}
        onChange={(value) => onChange({ setWeight: Number(value) })}
      />
    )
  }
  if (step.setCount !== undefined) {
    return (
      <NumberInput
        {...common}
        aria-label={`Number of devices in step ${index + 1}`}
        min={1}
        allowDecimal={false}
        value={step.setCount}
        onChange={(value) => onChange({ setCount: Number(value) })}
      />
    )
  }
  if (step.analysis)
    return (
      <Text {...common} size="xs" c="dimmed" pb={6}>
        until it is proven
      </Text>
    )
  return (
    <TextInput
      {...common}
      aria-label={`How long step ${index + 1} pauses`}
      placeholder="until resumed"
      value={step.pause?.duration ?? ''}
      onChange={({ currentTarget: { value } }) => onChange({ pause: value === '' ? {} : { duration: value } })}
    />
  )
}

interface ActProps {
  readonly label: string
  readonly disabled: boolean
  readonly onClick: () => void
  readonly children: React.ReactNode
}

const Act = ({ label, children, ...props }: ActProps) => (
  <ActionIcon variant="subtle" color="gray" aria-label={label} {...props}>
    {children}
  </ActionIcon>
)
