import type { Edge, Graph, Room } from './graph.ts'

const ROW = 26
const BOX = { width: 104, height: 20 }
const FRAME = { width: 212, top: 16, head: 40, side: 14, gap: 14 }
/** Of the arcs between rooms, below the frames. */
const BELOW = 86

/** Words of each room, under its name. */
const ROOMS: Readonly<Record<string, string>> = {
  shared: 'what both ends agree on',
  models: 'the workshop',
  agent: 'the device’s program',
  cloud: 'the fleet service',
  fleet: 'CLI, code, demo',
}

const STYLE = `<style>
.page{fill:#fff}
.frame{fill:#8881;stroke:#8886}
.box{fill:#fff;stroke:#0969da}
text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1f2328}
.h{font-size:15px;font-weight:600}
.s{fill:#57606a}
.a{fill:none;stroke:#57606a;stroke-opacity:.55;marker-end:url(#t)}
.r{fill:none;stroke:#9a6700;stroke-width:1.6;marker-end:url(#u)}
.head{fill:#57606a}
.rhead{fill:#9a6700}
@media (prefers-color-scheme:dark){.page{fill:#0d1117}.box{fill:#161b22;stroke:#58a6ff}text{fill:#e6edf3}.s{fill:#9198a1}.a{stroke:#9198a1}.r{stroke:#d29922}.head{fill:#9198a1}.rhead{fill:#d29922}}
</style>`

const marker = (id: string, style: string) =>
  `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path class="${style}" d="M0 0L8 4L0 8z"/></marker>`

/**
 * Rooms as frames, their stages as boxes in order from above, imports as arrows to what is imported: those between stages
 * at the right of them, those between rooms below. Imports of a room's `platform` are left out, as nearly every stage has one.
 */
export function drawGraph({ rooms, between }: Graph): string {
  const most = Math.max(...rooms.map(({ stages }) => stages.length))
  const bottom = FRAME.top + FRAME.head + most * ROW + 12
  const left = (index: number) => FRAME.gap + index * (FRAME.width + FRAME.gap)
  const width = left(rooms.length)
  const height = bottom + BELOW
  const frames = rooms.map((room, index) => frameOf(room, { x: left(index), bottom }))
  const label = rooms.map(({ name, stages }) => `${name}: ${stages.join(', ')}`).join('; ')
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Stages of each room, in order, each importing those before it alone. ${label}.">`,
    STYLE,
    `<defs>${marker('t', 'head')}${marker('u', 'rhead')}</defs>`,
    `<rect class="page" width="${width}" height="${height}" rx="8"/>`,
    ...frames,
    ...arcsBelow(rooms, between, { left, bottom }),
    '</svg>',
  ].join('\n')}\n`
}

function frameOf({ name, stages, imports }: Room, { x, bottom }: { x: number; bottom: number }): string {
  const middle = (stage: string) => FRAME.top + FRAME.head + stages.indexOf(stage) * ROW + ROW / 2
  const box = x + FRAME.side
  const boxes = stages.map(
    (stage) =>
      `<rect class="box" x="${box}" y="${middle(stage) - BOX.height / 2}" width="${BOX.width}" height="${BOX.height}" rx="4"/>` +
      `<text x="${box + BOX.width / 2}" y="${middle(stage) + 4}" text-anchor="middle">${stage}</text>`,
  )
  const right = box + BOX.width
  const arcs = imports
    .filter(({ from, to }) => to !== 'platform' && stages.includes(from) && stages.includes(to))
    .map(({ from, to }) => {
      // It leaves its stage above the middle and comes in below it: what is imported stands above.
      const [start, end] = [middle(from) - 4, middle(to) + 4]
      const reach = right + 12 + Math.round(((start - end) / ROW) * 5.4)
      return `<path class="a" d="M${right} ${start}C${reach} ${start} ${reach} ${end} ${right + 1} ${end}"/>`
    })
  return [
    `<rect class="frame" x="${x}" y="${FRAME.top}" width="${FRAME.width}" height="${bottom - FRAME.top}" rx="8"/>`,
    `<text class="h" x="${box}" y="${FRAME.top + 19}">${name}</text>`,
    `<text class="s" x="${box}" y="${FRAME.top + 34}">${ROOMS[name] ?? ''}</text>`,
    ...boxes,
    ...arcs,
  ].join('\n')
}

function arcsBelow(
  rooms: readonly Room[],
  between: readonly Edge[],
  { left, bottom }: { readonly left: (index: number) => number; readonly bottom: number },
): string[] {
  const at = (name: string) => rooms.findIndex((room) => room.name === name)
  return between.map(({ from, to }) => {
    const span = at(from) - at(to)
    // Of a frame's arrows those that go far leave it at the left, and come in at the right.
    const start = left(at(from)) + FRAME.width / 2 - 12 - span * 9
    const end = left(at(to)) + FRAME.width / 2 + 12 + span * 9
    const depth = bottom + 14 + span * 22
    return `<path class="r" d="M${start} ${bottom}C${start} ${depth} ${end} ${depth} ${end} ${bottom + 2}"/>`
  })
}
