import type { RolloutInput, RolloutStep } from '@storecast/shared/contracts'

type Spec = RolloutInput['spec']

/** Ways to bring a version out, for people to begin from. */
export interface Preset {
  readonly name: string
  readonly about: string
  readonly evidence: NonNullable<Spec['evidence']>
  readonly steps: readonly RolloutStep[]
}

export const PRESETS: readonly Preset[] = [
  {
    name: 'On evidence',
    about: '1 % of the devices, then in shadow elsewhere until its errors are proven no worse; then 5 %, 25 % and all.',
    evidence: 'required',
    steps: [{ setWeight: 1 }, { analysis: {} }, { setWeight: 5 }, { setWeight: 25 }, { setWeight: 100 }],
  },
  {
    name: 'In waves',
    about: 'One device, then 10 %, then all, with a day between. Nothing compares the versions.',
    evidence: 'none',
    steps: [
      { setCount: 1 },
      { pause: { duration: '24h' } },
      { setWeight: 10 },
      { pause: { duration: '24h' } },
      { setWeight: 100 },
    ],
  },
  {
    name: 'A pilot first',
    about: '5 % of the devices; the others when somebody resumes it. Nothing compares the versions.',
    evidence: 'none',
    steps: [{ setWeight: 5 }, { pause: {} }, { setWeight: 100 }],
  },
  {
    name: 'All at once',
    about: 'Every device is told at once. For a first version, or an emergency.',
    evidence: 'none',
    steps: [{ setWeight: 100 }],
  },
]

/** The preset that a spec's steps are, if they are one. */
export const presetOf = ({ steps, evidence = 'required' }: Pick<Spec, 'steps' | 'evidence'>): Preset | undefined =>
  PRESETS.find((preset) => preset.evidence === evidence && JSON.stringify(preset.steps) === JSON.stringify(steps))

/** A rollout to begin with. */
export function newDraft(model = '', version = ''): RolloutInput {
  const [{ evidence, steps }] = PRESETS as readonly [Preset, ...Preset[]]
  return {
    apiVersion: 'storecast/v1',
    kind: 'Rollout',
    metadata: { name: nameFor(model, version) },
    spec: {
      model: uriOf(model, version),
      selector: { labels: {}, expressions: [], groups: [] },
      steps: [...steps],
      evidence,
    },
  }
}

export const nameFor = (model: string, version: string): string =>
  model === '' || version === '' ? '' : `${model}-${version}`

export const uriOf = (model: string, version: string): string => `models:/${model}/${version}`

/** The parts of a URI; an alias is given as it is written, `@candidate`. */
export function partsOfUri(uri: string): { readonly model: string; readonly version: string } {
  const {
    model = '',
    version,
    alias,
  } = /^models:\/(?<model>[^/@]*)(?:\/(?<version>\d*)|(?<alias>@.*))?$/.exec(uri)?.groups ?? {}
  return { model, version: version ?? alias ?? '' }
}

/** The draft with a part of its spec replaced. */
export const withSpec = (draft: RolloutInput, part: Partial<Spec>): RolloutInput => ({
  ...draft,
  spec: { ...draft.spec, ...part },
})

/** Another version in the draft; its name follows as long as nobody has given one. */
export function withVersion(draft: RolloutInput, model: string, version: string): RolloutInput {
  const before = partsOfUri(draft.spec.model)
  const follows = draft.metadata.name === nameFor(before.model, before.version)
  return {
    ...withSpec(draft, { model: uriOf(model, version) }),
    metadata: { ...draft.metadata, ...(follows && { name: nameFor(model, version) }) },
  }
}

export type StepKind = 'setWeight' | 'setCount' | 'pause' | 'analysis'

export const kindOf = (step: RolloutStep): StepKind => (Object.keys(step)[0] ?? 'pause') as StepKind

/** A step of a kind, with a value to begin from. @param before the share of the steps before it */
export function newStep(kind: StepKind, before = 0): RolloutStep {
  if (kind === 'setWeight') return { setWeight: Math.min(100, before < 5 ? 5 : before < 25 ? 25 : 100) }
  if (kind === 'setCount') return { setCount: 1 }
  return { [kind]: {} }
}

/** Steps in another order: the one at `from` comes to stand at `to`. */
export function moved(steps: readonly RolloutStep[], from: number, to: number): RolloutStep[] {
  const next = [...steps]
  next.splice(to, 0, ...next.splice(from, 1))
  return next
}
