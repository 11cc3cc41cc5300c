import { count } from '../../kit/figures.ts'
import classes from './cohort.module.css'
import type { Cohort, Counts } from './queries.ts'
import { partsOf } from './words.ts'

type Told = Omit<Cohort, 'step'> | Counts

interface BarProps {
  readonly of: Told
  /** How many devices the whole bar stands for. */
  readonly whole: number
  readonly width?: number
}

/** Where devices are, in proportion; what stands beside it says it in numbers. */
export const CohortBar = ({ of, whole, width }: BarProps) => (
  <div className={classes.bar} style={width === undefined ? undefined : { width, flex: 'none' }} aria-hidden>
    {whole > 0 &&
      partsOf(of)
        .filter(({ devices }) => devices > 0)
        .map(({ name, devices, tone }) => (
          <span key={name} data-tone={tone} style={{ width: `${(100 * devices) / whole}%` }} />
        ))}
  </div>
)

/** Every part with its number, of a denominator that is said. */
export const CohortCounts = ({ of, whole }: { of: Told; whole: number }) => (
  <dl className={classes.counts}>
    {partsOf(of)
      .filter(({ devices, always }) => always || devices > 0)
      .map(({ name, devices, tone }) => (
        <div key={name} data-strong={devices > 0 && tone === 'bad' ? '' : undefined}>
          <dt>{name}</dt>
          <dd>
            {count(devices)}
            {name === 'succeeded' && ` of ${count(whole)}`}
          </dd>
        </div>
      ))}
  </dl>
)
