export interface LineageNode {
  /** What kind of thing it is: "Data". */
  readonly kind: string
  readonly title: string
  readonly detail?: string
  /** Address of its page. */
  readonly to?: string
}

export interface Placed extends LineageNode {
  readonly x: number
  readonly y: number
}

export interface LineageLayout {
  readonly width: number
  readonly height: number
  readonly nodes: readonly Placed[]
  /** Paths from the right of one box to the left of another. */
  readonly edges: readonly { readonly from: Placed; readonly to: Placed; readonly path: string }[]
}

export const BOX = { width: 162, height: 66 }
const GAP = { x: 34, y: 14 }

/**
 * Columns of boxes from left to right, each column in the middle of the height; every box leads to all of the next column.
 * @returns positions in the units of the drawing
 */
export function layOut(columns: readonly (readonly LineageNode[])[]): LineageLayout {
  const filled = columns.filter((column) => column.length > 0)
  const tall = Math.max(1, ...filled.map((column) => column.length))
  const height = tall * BOX.height + (tall - 1) * GAP.y
  const placed = filled.map((column, at): readonly Placed[] => {
    const top = (height - (column.length * BOX.height + (column.length - 1) * GAP.y)) / 2
    return column.map((node, row) => ({
      ...node,
      x: at * (BOX.width + GAP.x),
      y: top + row * (BOX.height + GAP.y),
    }))
  })
  const edges = placed.slice(1).flatMap((column, at) =>
    placed[at]!.flatMap((from) =>
      column.map((to) => {
        const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + BOX.height / 2, to.x, to.y + BOX.height / 2]
        const middle = (x1 + x2) / 2
        return { from, to, path: `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}` }
      }),
    ),
  )
  const width = filled.length * BOX.width + Math.max(0, filled.length - 1) * GAP.x
  return { width, height, nodes: placed.flat(), edges }
}
