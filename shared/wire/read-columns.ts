import { type DescField, type DescMessage, type MessageShape, ScalarType } from '@bufbuild/protobuf'
import { WireError } from './errors.ts'
import type { KnownNames } from './known-names.ts'

/**
 * Protobuf messages that are columns: integers and texts. Most integers of a batch are small, and the general decoder makes
 * a bigint of each; here they become numbers, which is several times faster, and bigints only from 2^49 on.
 */
export type Columns<Message> = {
  readonly [K in keyof Message]: Message[K] extends bigint[]
    ? (number | bigint)[]
    : Message[K] extends bigint
      ? number | bigint
      : Message[K]
}

type Kind = 'uint32' | 'uint64' | 'sint32' | 'sint64' | 'string'

interface Field {
  readonly name: string
  readonly kind: Kind
  readonly repeated: boolean
}

type Value = number | bigint | string

const KINDS: Partial<Record<ScalarType, Kind>> = {
  [ScalarType.UINT32]: 'uint32',
  [ScalarType.UINT64]: 'uint64',
  [ScalarType.SINT32]: 'sint32',
  [ScalarType.SINT64]: 'sint64',
  [ScalarType.STRING]: 'string',
}
const [VARINT, FIXED64, DELIMITED, FIXED32] = [0, 1, 2, 5]

/**
 * A reader of messages of this schema. Fields that it does not have are passed over.
 * @param known makes the texts, where given
 */
export function columnReader<Schema extends DescMessage>(
  schema: Schema,
): (bytes: Uint8Array, known?: KnownNames) => Columns<MessageShape<Schema>> {
  const fields = new Map(schema.fields.map((field) => [field.number, fieldOf(field)]))
  return (bytes, known) => {
    const message: Record<string, Value | Value[]> = {}
    for (const { name, repeated, kind } of fields.values()) message[name] = repeated ? [] : kind === 'string' ? '' : 0
    const reader = new Reader(bytes, known)
    while (!reader.atEnd) {
      const tag = reader.uint32()
      const field = fields.get(tag >>> 3)
      if (!field) reader.skip(tag & 7)
      else if (field.repeated) readInto(reader, field, tag & 7, message[field.name] as Value[])
      else message[field.name] = readOne(reader, field, tag & 7)
    }
    return message as Columns<MessageShape<Schema>>
  }
}

function fieldOf(field: DescField): Field {
  const repeated = field.fieldKind === 'list'
  const kind = 'scalar' in field && field.scalar !== undefined ? KINDS[field.scalar] : undefined
  if (!kind) throw new TypeError(`${field} is no column of integers or texts`)
  return { name: field.localName, kind, repeated }
}

function readInto(reader: Reader, field: Field, wireType: number, into: Value[]): void {
  // Packed, as proto3 writes numbers.
  if (wireType === DELIMITED && field.kind !== 'string') {
    reader.integers(field.kind, reader.delimited(), into)
  } else into.push(readOne(reader, field, wireType))
}

function readOne(reader: Reader, { name, kind }: Field, wireType: number): Value {
  if (wireType !== (kind === 'string' ? DELIMITED : VARINT)) throw malformed(`${name} has wire type ${wireType}`)
  return kind === 'string' ? reader.text() : reader.integer(kind)
}

/**
 * Takes the messages in field `number` out of the bytes of a message that holds them, as one: bytes of messages that are
 * joined are the messages merged. @throws WireError
 */
export function takeField(bytes: Uint8Array, number: number): { taken: Uint8Array | undefined; rest: Uint8Array } {
  const taken: Uint8Array[] = []
  const rest: Uint8Array[] = []
  const reader = new Reader(bytes)
  while (!reader.atEnd) {
    const from = reader.at
    const tag = reader.uint32()
    if (tag === ((number << 3) | DELIMITED)) {
      const end = reader.delimited()
      taken.push(bytes.subarray(reader.at, end))
      reader.at = end
    } else {
      reader.skip(tag & 7)
      rest.push(bytes.subarray(from, reader.at))
    }
  }
  return { taken: taken.length === 0 ? undefined : joined(taken), rest: joined(rest) }
}

const joined = (parts: readonly Uint8Array[]) => (parts.length === 1 ? parts[0]! : Buffer.concat(parts))

const malformed = (what: string) => new WireError('malformed', `records: ${what}`)

const SHIFTED = [2 ** 28, 2 ** 35, 2 ** 42]

class Reader {
  at = 0
  readonly #bytes: Buffer
  readonly #known: KnownNames | undefined

  constructor(bytes: Uint8Array, known?: KnownNames) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#known = known
  }

  get atEnd(): boolean {
    return this.at >= this.#bytes.length
  }

  uint32(): number {
    return this.integer('uint32') as number
  }

  integer(kind: Kind): number | bigint {
    const value = this.#varint()
    switch (kind) {
      case 'uint64':
        return value
      case 'sint64':
        return unzigzag(value)
      // A number that is too large is cut, as Protobuf has it.
      case 'uint32':
        return typeof value === 'number' ? value >>> 0 : Number(BigInt.asUintN(32, value))
      default: {
        const bits = typeof value === 'number' ? value >>> 0 : Number(BigInt.asUintN(32, value))
        return (bits >>> 1) ^ -(bits & 1)
      }
    }
  }

  /** All up to `end`. */
  integers(kind: Kind, end: number, into: Value[]): void {
    const bytes = this.#bytes
    const signed = kind === 'sint32' || kind === 'sint64'
    while (this.at < end) {
      const byte = bytes[this.at]!
      // Most are of one byte.
      if (byte < 128) {
        this.at++
        into.push(signed ? (byte >>> 1) ^ -(byte & 1) : byte)
      } else into.push(this.integer(kind))
    }
    if (this.at !== end) throw malformed('a column ends inside a number')
  }

  text(): string {
    const end = this.delimited()
    const from = this.at
    this.at = end
    return this.#known?.text(this.#bytes, from, end) ?? this.#bytes.toString('utf8', from, end)
  }

  /** The end of what begins here and tells its length. */
  delimited(): number {
    const end = this.uint32() + this.at
    if (end > this.#bytes.length) throw malformed('a field ends behind the message')
    return end
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.#varint()
    else if (wireType === FIXED64) this.at += 8
    else if (wireType === DELIMITED) this.at = this.delimited()
    else if (wireType === FIXED32) this.at += 4
    else throw malformed(`wire type ${wireType}`)
    if (this.at > this.#bytes.length) throw malformed('a field ends behind the message')
  }

  /** Unsigned; a number below 2^49, a bigint from there on. */
  #varint(): number | bigint {
    const bytes = this.#bytes
    let byte = bytes[this.at++]!
    if (byte < 128) return byte
    let value = byte & 127
    for (let shift = 7; shift < 28; shift += 7) {
      byte = bytes[this.at++]!
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
    for (const scale of SHIFTED) {
      byte = bytes[this.at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    let large = BigInt(value)
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const next = bytes[this.at++]
      // Behind the end there is nothing, and nothing is below 128.
      if (next === undefined) break
      large |= BigInt(next & 127) << shift
      if (next < 128) return BigInt.asUintN(64, large)
    }
    throw malformed('a number without an end')
  }
}

function unzigzag(value: number | bigint): number | bigint {
  if (typeof value === 'bigint') return (value >> 1n) ^ -(value & 1n)
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
