export type Values = readonly (number | null | undefined)[]

/**
 * Columns over `x` with an empty row wherever two that follow each other lie further apart than `spacing` (and half of it more:
 * not every day has 24 hours): what was not measured is not drawn.
 * @param x ascending
 * @returns `x` first
 */
export function withGaps(
  x: readonly number[],
  columns: readonly Values[],
  spacing = Number.POSITIVE_INFINITY,
): [readonly number[], ...Values[]] {
  const places = x.flatMap((at, place) => (place > 0 && at - x[place - 1]! > 1.5 * spacing ? [-place, place] : [place]))
  return [
    places.map((place) => (place < 0 ? x[-place - 1]! + spacing : x[place]!)),
    ...columns.map((values) => places.map((place) => (place < 0 ? null : values[place]))),
  ]
}

/** Places of values without a neighbour: no line leads to them. */
export const alone = (values: ArrayLike<number | null | undefined>): number[] =>
  Array.from(values).flatMap((value, place, all) =>
    value != null && all[place - 1] == null && all[place + 1] == null ? [place] : [],
  )
