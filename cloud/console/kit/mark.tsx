import './tones.css'
import classes from './mark.module.css'

export type Tone = 'good' | 'warning' | 'bad' | 'busy' | 'quiet'

/** A state in a word. The word says it; the colour only helps to find it. */
export const Mark = ({ tone, children }: { tone: Tone; children: string }) => (
  <span className={classes.mark} data-tone={tone}>
    {children}
  </span>
)
