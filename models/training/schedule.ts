/** Learning rate at step 0 … steps − 1 of a training. */
export type Schedule = (step: number, steps: number, peak: number) => number

export const schedules = {
  constant: (_, __, peak) => peak,
  /**
   * One cycle, after Smith & Topin (2018) with the defaults of PyTorch's `OneCycleLR`: a cosine from peak / 25 up to the
   * peak over the first 30 % of the steps, then a cosine down to peak / 250,000.
   */
  'one-cycle': (step, steps, peak) => {
    const start = peak / 25
    const end = start / 1e4
    const top = 0.3 * steps - 1
    return step <= top
      ? cosine(start, peak, step / Math.max(top, 1))
      : cosine(peak, end, (step - top) / Math.max(steps - 1 - top, 1))
  },
} as const satisfies Record<string, Schedule>
export type ScheduleName = keyof typeof schedules

const cosine = (from: number, to: number, part: number) => to + ((from - to) / 2) * (1 + Math.cos(Math.PI * part))
