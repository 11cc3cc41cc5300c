/**
 * 64-bit hashes of event ids, in two 32-bit halves: 8 bytes an id. Among a million ids, a new one is taken for a known one
 * with probability 5e-14.
 */
export interface IdHash {
  readonly high: number
  readonly low: number
}

/** Hashes `id` within `series`: the same receipt number may sell two products. (cyrb53's mixing, all 64 bits of it.) */
export function hashId(series: number, id: string): IdHash {
  let a = Math.imul(series ^ 0xdeadbeef, 2654435761)
  let b = Math.imul(series ^ 0x41c6ce57, 1597334677)
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  const high = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  const low = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  // (0, 0) marks a free slot.
  return { high: high >>> 0, low: low >>> 0 || 1 }
}

/** A set of id hashes: open addressing, at most half full. */
export class IdSet {
  #slots = new Uint32Array(2 * 64)
  #size = 0

  get size(): number {
    return this.#size
  }

  has({ high, low }: IdHash): boolean {
    return this.#slots[this.#find(high, low) + 1] !== 0
  }

  add({ high, low }: IdHash): void {
    const at = this.#find(high, low)
    if (this.#slots[at + 1] !== 0) return
    this.#slots[at] = high
    this.#slots[at + 1] = low
    this.#size++
    if (this.#size * 4 > this.#slots.length) this.#grow()
  }

  addAll(other: IdSet): void {
    for (let i = 0; i < other.#slots.length; i += 2) {
      if (other.#slots[i + 1] !== 0) this.add({ high: other.#slots[i]!, low: other.#slots[i + 1]! })
    }
  }

  /** The slot that holds the hash, or the free one where it belongs. */
  #find(high: number, low: number): number {
    const slots = this.#slots
    const mask = slots.length / 2 - 1
    for (let i = low & mask; ; i = (i + 1) & mask) {
      const at = i * 2
      if (slots[at + 1] === 0 || (slots[at] === high && slots[at + 1] === low)) return at
    }
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] === 0) continue
      const at = this.#find(old[i]!, old[i + 1]!)
      this.#slots[at] = old[i]!
      this.#slots[at + 1] = old[i + 1]!
    }
  }
}

interface Generation {
  readonly since: number
  readonly ids: IdSet
}

/** Remembers the ids of committed events for a span of store time, in eight generations, within a number of ids. */
export class EventIds {
  readonly #generations: Generation[] = []
  readonly #retentionMs: number
  readonly #most: number

  constructor({ retentionMs, most }: { retentionMs: number; most: number }) {
    this.#retentionMs = retentionMs
    this.#most = most
  }

  get size(): number {
    return this.#generations.reduce((sum, { ids }) => sum + ids.size, 0)
  }

  has(id: IdHash): boolean {
    for (let i = this.#generations.length - 1; i >= 0; i--) if (this.#generations[i]!.ids.has(id)) return true
    return false
  }

  /**
   * Remembers the ids of one commit.
   * @returns how many ids were forgotten before their time, because there are too many
   */
  addAll(ids: IdSet, at: number): number {
    if (ids.size === 0) return 0
    const span = this.#retentionMs / 7
    let newest = this.#generations.at(-1)
    if (!newest || at >= newest.since + span || newest.ids.size > this.#most / 8) {
      newest = { since: at, ids: new IdSet() }
      this.#generations.push(newest)
    }
    newest.ids.addAll(ids)
    while (this.#generations.length > 1 && this.#generations[1]!.since <= at - this.#retentionMs) {
      this.#generations.shift()
    }
    let forgotten = 0
    while (this.size > this.#most && this.#generations.length > 1) forgotten += this.#generations.shift()!.ids.size
    return forgotten
  }
}
