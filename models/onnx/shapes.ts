import type { Dim } from './ir.ts'

/** Shape rules of the ONNX operators. A named dimension equals itself only. */

/** Multidirectional broadcasting: sizes agree from the right, or one of them is 1. */
export function broadcast(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1
    const y = b[i - rank + b.length] ?? 1
    if (x === y || y === 1) return x
    if (x === 1) return y
    throw new RangeError(`shapes [${a}] and [${b}] do not broadcast`)
  })
}

/** `numpy.matmul`: the last two dimensions multiply, the others broadcast. */
export function matmul(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  if (a.length < 2 || b.length < 2 || a.at(-1) !== b.at(-2)) {
    throw new RangeError(`shapes [${a}] and [${b}] do not multiply`)
  }
  return [...broadcast(a.slice(0, -2), b.slice(0, -2)), a.at(-2)!, b.at(-1)!]
}

/** Axis counted from the front; negative ones count from the back. */
export function axisOf(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw new RangeError(`axis ${axis} of a tensor with ${rank} dimensions`)
  }
  return positive
}

export function reduced(shape: readonly Dim[], axes: readonly number[], keepDims: boolean): Dim[] {
  const gone = new Set(axes.map((axis) => axisOf(axis, shape.length)))
  return shape.flatMap((dim, i) => (gone.has(i) ? (keepDims ? [1] : []) : [dim]))
}

/** Sizes, where every dimension must be a number. */
export function fixed(shape: readonly Dim[], why: string): number[] {
  return shape.map((dim) => {
    if (typeof dim !== 'number') throw new RangeError(`${why}: the dimension "${dim}" of [${shape}] must be a number`)
    return dim
  })
}

export const sameShape = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((dim, i) => dim === b[i])
