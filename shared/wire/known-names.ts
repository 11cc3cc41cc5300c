import { EntityId, type SeriesKey, SeriesName } from '../contracts/index.ts'

const SLOTS = 2 ** 16
/** Longer texts are names of nothing. */
const LONGEST = 64
const MOST_JUDGED = 100_000

/**
 * What a reader of many batches remembers from one to the next, since the same names come with each: making a text of bytes,
 * and asking whether it is a name, cost more than finding what came of it before. Takes 10 MB at most.
 */
export class KnownNames {
  /** By a hash of the bytes; of two texts with the same hash the later one is kept. */
  #texts: (string | undefined)[] | undefined
  readonly #sensors = new Map<string, boolean>()
  readonly #entities = new Map<string, boolean>()

  /** The text that these bytes are in ASCII; undefined where they are not, or are longer than a name. */
  text(bytes: Uint8Array, from: number, end: number): string | undefined {
    if (end - from > LONGEST) return undefined
    // FNV-1a (Fowler, Noll, Vo), 32 bits.
    let hash = 0x811c9dc5
    let all = 0
    for (let at = from; at < end; at++) {
      const byte = bytes[at]!
      all |= byte
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    if (all > 127) return undefined
    const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1)
    this.#texts ??= new Array<undefined>(SLOTS).fill(undefined)
    const known = this.#texts[slot]
    if (known !== undefined && isTextOf(known, bytes, from, end)) return known
    const text = String.fromCharCode(...bytes.subarray(from, end))
    this.#texts[slot] = text
    return text
  }

  /** What keeps this from being the key of a series. */
  complaint({ sensor, entity }: SeriesKey): string | undefined {
    if (!judged(this.#sensors, sensor, SeriesName)) return 'not a sensor name'
    return judged(this.#entities, entity, EntityId) ? undefined : 'not an entity'
  }
}

function isTextOf(text: string, bytes: Uint8Array, from: number, end: number): boolean {
  if (text.length !== end - from) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false
  return true
}

function judged(known: Map<string, boolean>, text: string, schema: typeof SeriesName | typeof EntityId): boolean {
  const before = known.get(text)
  if (before !== undefined) return before
  if (known.size >= MOST_JUDGED) known.clear()
  const { success } = schema.safeParse(text)
  if (text.length <= LONGEST) known.set(text, success)
  return success
}
