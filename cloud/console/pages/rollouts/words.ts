import type { Tone } from '../../kit/mark.tsx'
import type { Cohort, Counts, Rollout } from './queries.ts'

type Step = Rollout['document']['spec']['steps'][number]

export const STATE_TONES: Readonly<Record<Rollout['state'], Tone>> = {
  running: 'busy',
  paused: 'warning',
  aborting: 'warning',
  undoing: 'warning',
  succeeded: 'good',
  failed: 'bad',
  aborted: 'quiet',
  undone: 'quiet',
}

export const MEMBER_TONES: Readonly<Record<string, Tone>> = {
  succeeded: 'good',
  updating: 'busy',
  failed: 'bad',
  'rolled-back': 'bad',
  silent: 'bad',
  offline: 'warning',
}

export const VERDICT_TONES: Readonly<Record<string, Tone>> = {
  better: 'good',
  'non-inferior': 'good',
  worse: 'bad',
  'guard-stop': 'bad',
  pause: 'warning',
  heterogeneous: 'warning',
}

export const devices = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'device' : 'devices'}`

/** What a step does, in a few words. */
export function stepWords({ setWeight, setCount, pause, analysis }: Step): string {
  if (setWeight !== undefined) return `${setWeight} % of the devices`
  if (setCount !== undefined) return devices(setCount)
  if (analysis) return 'Analysis in shadow'
  return pause?.duration === undefined ? 'Pause until somebody resumes' : `Pause for ${pause.duration}`
}

export interface Part {
  readonly name: string
  readonly devices: number
  readonly tone: Tone
  /** Said also where it is 0: without it the denominator would not be whole. */
  readonly always?: true
}

/** Devices told by where they are: the parts of a cohort, which add up to `told` and those excluded. */
export const partsOf = (one: Omit<Cohort, 'step'> | Counts): Part[] => [
  { name: 'succeeded', devices: one.succeeded, tone: 'good', always: true },
  { name: 'under way', devices: one.pending + one.updating, tone: 'busy' },
  { name: 'failed', devices: one.failed + one.rolledBack, tone: 'bad', always: true },
  { name: 'silent', devices: one.silent, tone: 'bad', always: true },
  { name: 'offline', devices: one.offline, tone: 'warning', always: true },
  { name: 'going back', devices: one.reverting, tone: 'warning' },
  { name: 'went back', devices: one.reverted, tone: 'quiet' },
  { name: 'excluded', devices: one.excluded, tone: 'quiet', always: true },
]

export type Verb = 'pause' | 'resume' | 'promote' | 'promote-full' | 'abort' | 'retry' | 'undo'

/** The verbs that fit the state; what is under way back fits none. */
export function verbsOf({ state, counts }: Pick<Rollout, 'state' | 'counts'>): Verb[] {
  const retry: Verb[] = counts.failed + counts.rolledBack + counts.silent > 0 ? ['retry'] : []
  if (state === 'running') return ['pause', 'promote', ...retry, 'promote-full', 'abort']
  if (state === 'paused') return ['resume', 'promote', ...retry, 'promote-full', 'abort']
  if (state === 'succeeded') return [...retry, 'undo']
  return []
}
