import type { Item } from '../../api/client.ts'

export type Dimension = keyof Item<'/v1/data-quality'>['scores']

interface Words {
  readonly title: string
  /** What has to be so of a reading for it to count as good. */
  readonly about: string
}

/** What data are judged by, called the same wherever a score stands; docs/cloud-team/looking-at-the-fleet.md has the formulas. */
export const DIMENSIONS: Readonly<Record<Dimension, Words>> = {
  overall: { title: 'Overall', about: 'All of the following, multiplied.' },
  completeness: { title: 'Completeness', about: 'Readings that came, of those that were expected.' },
  validity: { title: 'Validity', about: 'Readings inside the sensor’s range, of its type and in its unit.' },
  timeliness: { title: 'Timeliness', about: 'Readings that came before their window had closed.' },
  movement: { title: 'Movement', about: 'Readings of a sensor that is not stuck at one value.' },
  uniqueness: { title: 'Uniqueness', about: 'Readings that came once.' },
  clock: { title: 'Clock', about: 'Readings under a time that can be trusted.' },
}
