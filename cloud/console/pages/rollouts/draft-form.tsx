import { Fieldset, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core'
import type { RolloutInput } from '@storecast/shared/contracts'
import { useQuery } from '@tanstack/react-query'
import { api, ask } from '../../api/client.ts'
import { Mark } from '../../kit/mark.tsx'
import { modelNamesQuery } from '../../kit/names.ts'
import { PRESETS, partsOfUri, presetOf, withSpec, withVersion } from './draft.ts'
import { Selection } from './selection.tsx'
import { StepEditor } from './step-editor.tsx'

interface DraftFormProps {
  readonly draft: RolloutInput
  /** What the contract finds wrong. */
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
  readonly onChange: (draft: RolloutInput) => void
  /** A field holds what cannot be read; undefined: none does. */
  readonly onUnreadable: (message: string | undefined) => void
}

const CUSTOM = 'Steps of your own'

export function DraftForm({ draft, issues, onChange, onUnreadable }: DraftFormProps) {
  const { spec, metadata } = draft
  const set = (part: Partial<RolloutInput['spec']>) => onChange(withSpec(draft, part))
  const errorAt = (...path: PropertyKey[]) =>
    issues.find((issue) => path.every((key, at) => issue.path[at] === key))?.message
  const preset = presetOf(spec)
  return (
    <Stack gap="md">
      <Fieldset legend="What">
        <Stack gap="sm">
          <VersionFields draft={draft} onChange={onChange} />
          <TextInput
            label="Name"
            description="People and the audit log call it so."
            size="sm"
            maw={420}
            value={metadata.name}
            error={metadata.name === '' ? undefined : errorAt('metadata', 'name')}
            onChange={({ currentTarget: { value } }) => onChange({ ...draft, metadata: { ...metadata, name: value } })}
          />
        </Stack>
      </Fieldset>
      <Fieldset legend="Which devices">
        <Selection
          selector={spec.selector ?? {}}
          onChange={(selector) => set({ selector })}
          onUnreadable={onUnreadable}
        />
      </Fieldset>
      <Fieldset legend="In what steps">
        <Stack gap="sm">
          <Select
            label="Way"
            description={preset?.about ?? 'As you put them together below.'}
            size="sm"
            maw={420}
            allowDeselect={false}
            data={[...PRESETS.map(({ name }) => name), ...(preset ? [] : [CUSTOM])]}
            value={preset?.name ?? CUSTOM}
            onChange={(name) => {
              const chosen = PRESETS.find((one) => one.name === name)
              if (chosen) set({ steps: [...chosen.steps], evidence: chosen.evidence })
            }}
          />
          <StepEditor
            steps={spec.steps}
            onChange={(steps) => set({ steps })}
            errorOf={(index) => errorAt('spec', 'steps', index)}
          />
          {issues.some(({ path }) => path[1] === 'steps' && path.length === 2) && (
            <Text size="xs" c="var(--mantine-color-error)" role="alert">
              {errorAt('spec', 'steps')}
            </Text>
          )}
        </Stack>
      </Fieldset>
      <Fieldset legend="By what rules">
        <Rules draft={draft} set={set} />
      </Fieldset>
    </Stack>
  )
}

/** A day counts with half of those in shadow, as the defaults have it. */
const shadowOf = (devices: number) => ({ devices, minDevices: Math.max(2, Math.floor(devices / 2)) })

function Rules({ draft: { spec }, set }: { draft: RolloutInput; set: (part: Partial<RolloutInput['spec']>) => void }) {
  const { evidence = 'required', analysis, maxFailed = 0.1, onFailure = 'pause', alias } = spec
  return (
    <Group gap="md" align="flex-end">
      <Select
        label="Evidence"
        description="Errors against the version that serves"
        size="sm"
        w={280}
        allowDeselect={false}
        data={[
          { value: 'required', label: 'Proven no worse before 25 %' },
          { value: 'none', label: 'Not compared' },
        ]}
        value={evidence}
        onChange={(value) => set({ evidence: value === 'none' ? 'none' : 'required' })}
      />
      {evidence === 'required' && (
        <NumberInput
          label="May be worse by"
          description="Of its error, at most"
          size="sm"
          w={160}
          suffix=" %"
          min={0.1}
          max={100}
          value={Math.round(1000 * (analysis?.margin ?? 0.03)) / 10}
          onChange={(value) => set({ analysis: { ...analysis, margin: Number(value) / 100 } })}
        />
      )}
      {evidence === 'required' && (
        <NumberInput
          label="Devices in shadow"
          description="Run both, at most"
          size="sm"
          w={160}
          min={2}
          allowDecimal={false}
          value={analysis?.devices ?? 200}
          onChange={(value) => set({ analysis: { ...analysis, ...shadowOf(Number(value)) } })}
        />
      )}
      <NumberInput
        label="May fail"
        description="Of those told"
        size="sm"
        w={130}
        suffix=" %"
        min={0}
        max={99}
        value={Math.round(1000 * maxFailed) / 10}
        onChange={(value) => set({ maxFailed: Number(value) / 100 })}
      />
      <Select
        label="If more fail"
        description="Or are silent"
        size="sm"
        w={220}
        allowDeselect={false}
        data={[
          { value: 'pause', label: 'Pause for a person' },
          { value: 'abort', label: 'Take every device back' },
        ]}
        value={onFailure}
        onChange={(value) => set({ onFailure: value === 'abort' ? 'abort' : 'pause' })}
      />
      <TextInput
        label="Alias at the end"
        description="Then names this version"
        size="sm"
        w={190}
        placeholder="champion"
        value={alias ?? ''}
        onChange={({ currentTarget: { value } }) => set({ alias: value === '' ? undefined : value })}
      />
    </Group>
  )
}

function VersionFields({ draft, onChange }: Pick<DraftFormProps, 'draft' | 'onChange'>) {
  const { model, version } = partsOfUri(draft.spec.model)
  const models = useQuery(modelNamesQuery)
  const versions = useQuery({
    queryKey: ['model', model, 'choices'],
    enabled: model !== '',
    queryFn: ({ signal }) =>
      ask(api.GET('/v1/models/{model}/versions', { params: { path: { model }, query: { limit: 100 } }, signal })),
  })
  const choices = (versions.data?.items ?? []).map((one) => ({
    value: String(one.version),
    label: one.aliases.length > 0 ? `${one.version} (${one.aliases.join(', ')})` : String(one.version),
  }))
  // An alias is resolved once, when the rollout starts.
  const all = version.startsWith('@') ? [{ value: version, label: version }, ...choices] : choices
  return (
    <>
      <Group gap="md" align="flex-end">
        <Select
          label="Model"
          size="sm"
          w={240}
          searchable
          allowDeselect={false}
          data={(models.data ?? []).map(({ name }) => name)}
          value={model === '' ? null : model}
          onChange={(value) => value !== null && value !== model && onChange(withVersion(draft, value, ''))}
        />
        <Select
          label="Version"
          size="sm"
          w={240}
          searchable
          allowDeselect={false}
          disabled={model === ''}
          data={all}
          value={version === '' ? null : version}
          onChange={(value) => value !== null && onChange(withVersion(draft, model, value))}
        />
      </Group>
      {/^\d+$/.test(version) && model !== '' && <Approved model={model} version={Number(version)} />}
    </>
  )
}

/** Says it where devices would refuse the version. */
function Approved({ model, version }: { model: string; version: number }) {
  const approval = useQuery({
    queryKey: ['trust', model, version],
    queryFn: ({ signal }) =>
      ask(api.GET('/v1/models/{model}/versions/{version}/approval', { params: { path: { model, version } }, signal })),
  })
  if (!approval.data || approval.data.state === 'approved') return null
  return (
    <Text size="sm">
      <Mark tone="bad">{approval.data.state}</Mark> {approval.data.reason}
    </Text>
  )
}
