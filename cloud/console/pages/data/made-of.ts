import type { Got } from '../../api/client.ts'

type Feature = Got<'/v1/feature-views/{model}'>['features'][number]
export type FeatureOf = Omit<Feature, 'name'>

/** Features that are made of the same. */
export interface FeatureGroup {
  readonly of: FeatureOf
  readonly names: readonly string[]
}

/** `a, b and c` */
export const list = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

/** In the order in which the first of each comes; attributes that are embedded are one group. */
export function grouped(features: readonly Feature[]): FeatureGroup[] {
  const groups = new Map<string, { of: FeatureOf; names: string[] }>()
  for (const { name, ...of } of features) {
    const key = JSON.stringify(of.from === 'static' ? of.from : of)
    const group = groups.get(key)
    if (group) group.names.push(name)
    else groups.set(key, { of, names: [name] })
  }
  return [...groups.values()]
}
