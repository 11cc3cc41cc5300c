import { UnstyledButton } from '@mantine/core'
import { count } from '../../kit/figures.ts'
import { STATES, type State } from './search.ts'
import classes from './state-counts.module.css'
import { MEANINGS, TONES } from './state-mark.tsx'

interface StateCountsProps {
  readonly counts: Readonly<Record<State, number>>
  readonly chosen: State | undefined
  readonly onChoose: (state: State | undefined) => void
}

/** How many are in each state; one is chosen as the list's filter. */
export const StateCounts = ({ counts, chosen, onChoose }: StateCountsProps) => (
  <fieldset className={classes.states}>
    <legend className={classes.heard}>State</legend>
    {STATES.filter((state) => state !== 'retired' || counts.retired > 0).map((state) => (
      <UnstyledButton
        key={state}
        className={classes.state!}
        data-tone={TONES[state]}
        data-none={counts[state] === 0 || undefined}
        aria-pressed={chosen === state}
        title={MEANINGS[state]}
        onClick={() => onChoose(chosen === state ? undefined : state)}
      >
        <span className={classes.count}>{count(counts[state])}</span>
        <span className={classes.name}>{state}</span>
      </UnstyledButton>
    ))}
  </fieldset>
)
