import { cutsOf, type FrozenDistribution, ofRanks, ranksOf } from '@storecast/shared/statistics'
import { type Compared, compare, type GroupedRule, type Sampled } from './compare.ts'
import { type Comparable, keyOf, type Scope, scopesOf } from './subjects.ts'

/** Groups of devices: each label's values, and the fleet. */
export interface DriftGroups {
  /** A device's sample with its reference; what has none is left out. */
  add(one: Comparable): void
  /** One comparison for each group and column. @param pause awaited now and then */
  compared(pause: () => Promise<void>): Promise<Compared[]>
}

/**
 * Pools the samples of every group's devices as they come, to compare them with the references of the same sites in the same
 * proportions: a group does not drift because one shop sells more than another. Takes as much memory as there are groups, however
 * many devices.
 */
export function driftGroups(rule: GroupedRule): DriftGroups {
  const groups = new Map<string, { scope: Scope; key: string; pool: Pool }>()
  return {
    add(one) {
      if (!isKnown(one)) return
      const member = memberOf(one)
      for (const scope of scopesOf(one.watched, rule.groupBy)) {
        const key = [scope.scope, scope.name, keyOf(one)].join('\n')
        const name = `${key}\n${one.reference.grid}`
        const group = groups.get(name)
        if (group) group.pool.add(member)
        else groups.set(name, { scope, key, pool: new Pool(member) })
      }
    },
    async compared(pause) {
      // Of a group that measures a sensor on several grids, the one with most rows: they cannot be pooled.
      const largest = new Map<string, Compared>()
      for (const { scope, key, pool } of groups.values()) {
        await pause()
        const compared = compare(scope, pool.result(), rule)
        const other = largest.get(key)
        if (!other || compared.rows > other.rows) largest.set(key, compared)
      }
      return [...largest.values()]
    },
  }
}

type Known = Comparable & { readonly reference: Exclude<Comparable['reference'], { readonly missing: string }> }

const isKnown = (one: Comparable): one is Known => !('missing' in one.reference)

type Ranks = readonly (readonly [rank: number, count: number])[]

/** A device's sample, taken apart once for all groups that it is in. */
interface Member {
  readonly one: Known
  readonly now: Ranks
  readonly usual: Ranks
}

const memberOf = (one: Known): Member => ({
  one,
  now: ranksOf(one.current.sketch),
  usual: ranksOf(one.reference.frozen.sketch),
})

/** Samples of one column and grid as one: each one's reference weighs as many rows as the device sent. */
class Pool {
  readonly #first: Member
  readonly #now = new Map<number, number>()
  readonly #usual = new Map<number, number>()
  readonly #sites = new Set<string>()
  #devices = 0
  #from = Infinity
  #to = -Infinity
  #rows = 0
  /** Σ rows² / rows of the reference. */
  #variance = 0
  /** Σ sd · rows. */
  #deviation = 0
  #blocks = { now: -Infinity, usual: -Infinity }
  /** Columns of a bundle share their bins; sensors have bins of their own by site. */
  #sharedCuts = true

  constructor(first: Member) {
    this.#first = first
    this.#count(first)
  }

  add(member: Member): void {
    // One alone is compared as it is.
    if (this.#devices === 1) this.#mix(this.#first)
    this.#mix(member)
    this.#count(member)
  }

  result(): Sampled {
    const { one } = this.#first
    const { kind, model, version, column, reference } = one
    const base = {
      ...{ kind, model, version, column, from: this.#from, to: this.#to },
      ...{ devices: this.#devices, sites: this.#sites.size },
    }
    if (this.#devices === 1) return { ...base, current: one.current, reference }
    const sketch = ofRanks(this.#usual)
    const frozen: FrozenDistribution = {
      ...{ sketch, sd: this.#deviation / this.#rows, cuts: this.#sharedCuts ? reference.frozen.cuts : cutsOf(sketch) },
      ...{ rows: this.#rows ** 2 / this.#variance, blocks: this.#blocks.usual },
    }
    return {
      ...base,
      current: { sketch: ofRanks(this.#now), rows: this.#rows, blocks: this.#blocks.now },
      reference: { ...reference, frozen },
    }
  }

  #count({ one: { watched, from, to, current, reference } }: Member): void {
    const { frozen } = reference
    const { cuts } = this.#first.one.reference.frozen
    this.#devices++
    this.#sites.add(watched.site)
    this.#from = Math.min(this.#from, from)
    this.#to = Math.max(this.#to, to)
    this.#rows += current.rows
    this.#variance += current.rows ** 2 / frozen.rows
    this.#deviation += frozen.sd * current.rows
    this.#blocks.now = Math.max(this.#blocks.now, current.blocks)
    this.#blocks.usual = Math.max(this.#blocks.usual, frozen.blocks)
    this.#sharedCuts &&= cuts === frozen.cuts || String(cuts) === String(frozen.cuts)
  }

  #mix({ one: { current, reference }, now, usual }: Member): void {
    const weight = current.rows / reference.frozen.rows
    for (const [rank, count] of now) this.#now.set(rank, (this.#now.get(rank) ?? 0) + count)
    for (const [rank, count] of usual) this.#usual.set(rank, (this.#usual.get(rank) ?? 0) + count * weight)
  }
}
