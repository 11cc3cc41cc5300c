import type { Item } from '../../api/client.ts'
import { Mark, type Tone } from '../../kit/mark.tsx'
import type { State } from './search.ts'

export type Device = Item<'/v1/devices'>

export const TONES: Readonly<Record<State, Tone>> = {
  quarantined: 'bad',
  disconnected: 'quiet',
  reduced: 'warning',
  updating: 'busy',
  operational: 'good',
  retired: 'quiet',
}

/** What a state means, in a line. */
export const MEANINGS: Readonly<Record<State, string>> = {
  quarantined: 'Its identity speaks from two places: somebody has to say which one is the device.',
  disconnected: 'Not connected. It works on by itself, and what it knows waits.',
  reduced:
    'It works with less than it should: a change of a model failed or was rolled back, or an alert about it fires.',
  updating: 'On its way to a model that it should serve, or serving one on probation.',
  operational: 'Connected, and serving what it should.',
  retired: 'Taken out of service for good.',
}

export const StateMark = ({ state }: { state: State }) => <Mark tone={TONES[state]}>{state}</Mark>

type Model = Device['models'][number]

/** `demand 3`, or on its way: `demand 3 → 4, download`. */
export const modelText = ({ model, active, desired, phase }: Model): string => {
  const now = `${model} ${active ?? 'none'}`
  if (desired === active) return phase === 'soak' ? `${now}, on probation` : now
  return `${now} → ${desired ?? 'none'}${phase === null || phase === 'active' ? '' : `, ${phase}`}`
}
