import type { ElementType, Tensor } from './tensor.ts'

/** The part of ONNX IR that Storecast writes and reads, as plain data. Field names follow `onnx.proto3`. */
export interface ModelIr {
  readonly irVersion: number
  /** Opset version by operator domain; `''` is the standard one. */
  readonly opsets: Readonly<Record<string, number>>
  readonly producer: string
  readonly graph: GraphIr
  readonly metadata: Readonly<Record<string, string>>
}

export interface GraphIr {
  readonly name: string
  readonly nodes: readonly NodeIr[]
  readonly initializers: ReadonlyArray<{ readonly name: string; readonly tensor: Tensor }>
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
}

export interface NodeIr {
  readonly name: string
  readonly op: string
  readonly domain: string
  /** Empty string: an optional input left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** A size, or the name of a free dimension. */
export type Dim = number | string

export interface ValueInfo {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly Dim[]
}

export type Attribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'graph'; readonly value: GraphIr }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }

/** `AttributeProto.AttributeType` of the ONNX specification. */
export const attributeCodes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const satisfies Record<Attribute['kind'], number>

export const float = (value: number): Attribute => ({ kind: 'float', value })
export const int = (value: number): Attribute => ({ kind: 'int', value })
export const string = (value: string): Attribute => ({ kind: 'string', value })
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value })
