import type { DailyDemandView } from '../contracts/index.ts'
import type { SiteEntities } from './history.ts'

/** Values of each static attribute, in index order from 1 (the manifest's `vocabulary`). */
export type Vocabulary = Readonly<Record<string, readonly string[]>>

/**
 * Codes a site's products for the model; done once when the catalogue changes, not at each forecast. `site` and
 * `entity` in the view's statics name the keys themselves. A value that training did not see is coded 0.
 *
 * @param view the attributes that are embedded, in their order, and those that group products.
 * @param entities products in the order of the history's rows.
 */
export function siteEntities(options: {
  view: Pick<DailyDemandView, 'statics' | 'groups'>
  vocabulary: Vocabulary
  site: string
  entities: ReadonlyArray<{ readonly id: string; readonly attributes: Readonly<Record<string, string>> }>
}): SiteEntities {
  const { view, vocabulary, site, entities } = options
  const attributeOf = (name: string, entity: (typeof entities)[number]) =>
    name === 'site' ? site : name === 'entity' ? entity.id : (entity.attributes[name] ?? '')
  const names = Object.keys(view.statics)
  const codes = new BigInt64Array(entities.length * names.length)
  names.forEach((name, s) => {
    const code = new Map((vocabulary[name] ?? []).map((value, index) => [value, BigInt(index + 1)]))
    entities.forEach((entity, i) => {
      codes[i * names.length + s] = code.get(attributeOf(name, entity)) ?? 0n
    })
  })
  const groups = view.groups.map((name) => {
    const group = new Map<string, number>()
    const of = Int32Array.from(entities, (entity) => {
      const value = attributeOf(name, entity)
      if (!group.has(value)) group.set(value, group.size)
      return group.get(value)!
    })
    return { of, count: group.size }
  })
  return { count: entities.length, codes, groups }
}
