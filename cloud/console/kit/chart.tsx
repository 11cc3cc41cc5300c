import 'uplot/dist/uPlot.min.css'
import { Table, useComputedColorScheme } from '@mantine/core'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import classes from './chart.module.css'
import { chartTime } from './chart-time.ts'
import { figure } from './figures.ts'
import { alone, type Values, withGaps } from './gaps.ts'
import { Wide } from './wide.tsx'

export interface Line {
  readonly label: string
  readonly values: Values
  readonly tone?: 'main' | 'second' | 'quiet'
  readonly isDashed?: boolean
}

/** Between two rows of values: an interval of a forecast, a confidence band. */
export interface Band {
  readonly label: string
  readonly low: Values
  readonly high: Values
}

interface ChartProps {
  /** What it shows, for who does not see it. */
  readonly title: string
  /** Ascending: Unix ms, at which days begin for `days`; or plain numbers. */
  readonly x: readonly number[]
  readonly xKind?: 'moments' | 'days' | 'numbers'
  /** By whose clock, as IANA names it; without it moments are shown by that of who looks, and days begin in UTC. */
  readonly timeZone?: string | undefined
  /** What plain numbers on the axis are. */
  readonly xLabel?: string
  /** How far apart those in `x` are that follow each other: no line is drawn across where some are missing. */
  readonly spacing?: number
  readonly lines: readonly Line[]
  readonly band?: Band
  readonly unit?: string
  readonly height?: number
  readonly format?: (value: number | null | undefined) => string
  /** Values at which a line is drawn across: a target, a threshold. */
  readonly marks?: readonly number[]
  /** Without a legend: one line, which the words beside it name. */
  readonly isQuiet?: boolean
}

const COLOURS = {
  light: {
    main: '#0b7285',
    second: '#c2410c',
    quiet: '#868e96',
    band: 'rgba(11,114,133,.16)',
    edge: 'rgba(11,114,133,.45)',
    grid: '#e9ecef',
    text: '#495057',
  },
  dark: {
    main: '#3bc9db',
    second: '#ff922b',
    quiet: '#909296',
    band: 'rgba(59,201,219,.18)',
    edge: 'rgba(59,201,219,.5)',
    grid: '#373a40',
    text: '#c1c2c5',
  },
} as const

/** Lines over time with an interval around them, and the same as a table for who reads or hears rather than sees. */
export function Chart({ title, height = 240, ...props }: ChartProps) {
  const { ref, width } = useWidth()
  const scheme = useComputedColorScheme('light')
  const { lines, band, format: _format, x: _x, ...rest } = props
  const labels = [lines.map(({ values: _values, ...line }) => line), band?.label]
  const kind = JSON.stringify([rest, labels, height, scheme])
  return (
    <figure className={classes.figure} aria-label={title}>
      <div ref={ref} style={{ minHeight: height }}>
        {width > 0 && <Plot key={kind} {...{ ...props, title, height, width, scheme }} />}
      </div>
      <AsTable {...{ ...props, title }} />
    </figure>
  )
}

/** Known before anything is painted, so that the chart is there with the rest of its page. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const element = ref.current!
    const measure = () => setWidth(element.clientWidth)
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    measure()
    return () => observer.disconnect()
  }, [])
  return { ref, width }
}

/** Made once for a kind of chart: new values are drawn over the old ones, and nothing moves where there are none. */
function Plot(drawn: Drawn) {
  const target = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const first = useRef(drawn)
  const { width, height } = drawn
  useEffect(() => {
    const made = new uPlot(optionsOf(first.current), dataOf(first.current), target.current!)
    plot.current = made
    return () => made.destroy()
  }, [])
  useEffect(() => plot.current?.setData(dataOf(drawn)))
  useEffect(() => plot.current?.setSize({ width, height }), [width, height])
  return <div ref={target} aria-hidden />
}

const dataOf = ({ x, xKind, spacing, lines, band }: Omit<ChartProps, 'title'>): uPlot.AlignedData => {
  const values = [...lines.map((line) => line.values), ...(band ? [band.high, band.low] : [])]
  const [at, ...columns] = withGaps(x, values, spacing)
  return [xKind === 'numbers' ? [...at] : at.map((ms) => ms / 1000), ...columns.map((column) => [...column])]
}

type Drawn = ChartProps & { readonly width: number; readonly height: number; readonly scheme: 'light' | 'dark' }

function optionsOf({
  width,
  height,
  scheme,
  x,
  xKind,
  timeZone,
  xLabel,
  lines,
  band,
  unit,
  format = figure,
  marks = [],
  isQuiet = false,
}: Drawn): uPlot.Options {
  const colours = COLOURS[scheme]
  const time = xKind === 'numbers' ? undefined : chartTime(timeZone, xKind)
  const axis = { stroke: colours.text, grid: { stroke: colours.grid, width: 1 }, ticks: { show: false } }
  const text = (_plot: uPlot, value: number | null) =>
    value === null ? '' : `${format(value)}${unit === undefined ? '' : ` ${unit}`}`
  const edges = band
    ? (['high', 'low'] as const).map((edge) => ({
        label: `${band.label}, ${edge}`,
        stroke: colours.edge,
        width: 1,
        points: { show: false },
        value: text,
      }))
    : []
  return {
    width,
    height,
    ...(time && { tzDate: (second) => uPlot.tzDate(new Date(second * 1000), time.timeZone) }),
    scales: {
      x: {
        time: time !== undefined,
        range: ({ data: [at] }, low, high) => aroundOne(at, time ? DAY_S / 2 : 1) ?? [low, high],
      },
      y: { range: (_plot, low, high) => rangeOf(low, high) },
    },
    legend: { show: !isQuiet },
    cursor: { y: false },
    axes: [
      time
        ? { ...axis, size: 30, gap: 10, values: (_plot, at) => time.ticks(at.map((second) => second * 1000)) }
        : {
            ...axis,
            size: 30,
            gap: 10,
            ...(x.every(Number.isInteger) && { incrs: WHOLE }),
            ...(xLabel !== undefined && {
              label: xLabel,
              labelFont: '12px system-ui',
              labelSize: 16,
              labelGap: 2,
              size: 22,
            }),
          },
      {
        ...axis,
        space: 22,
        size: (_plot, texts) => roomFor(texts),
        values: (_plot, values) => tickTexts(values.map((value) => format(value))),
      },
    ],
    series: [
      time
        ? { label: ' ', value: (_plot, at) => (at === null ? '' : time.text(at * 1000)) }
        : { label: ' ', value: (_plot, at) => (at === null ? '' : `${xLabel ?? ''} ${figure(at)}`) },
      ...lines.map(({ label, tone = 'main', isDashed }) => ({
        label,
        stroke: colours[tone],
        width: 2,
        ...(isDashed && { dash: [6, 4] }),
        points: {
          show: isSparse,
          filter: (plot: uPlot, series: number) => (isSparse(plot) ? null : alone(plot.data[series]!)),
          size: 5,
        },
        value: text,
      })),
      ...edges,
    ],
    ...(band && { bands: [{ series: [lines.length + 1, lines.length + 2] as [number, number], fill: colours.band }] }),
    hooks: { draw: [(plot) => drawMarks(plot, marks, colours.text)] },
  }
}

/** Few enough for each to have its point. */
const isSparse = ({ data: [at] }: uPlot): boolean => at.length < 40

/** Pixels that an axis needs beside the plot for its texts at 12 px; as long as they are not known, for usual ones. */
const roomFor = (texts: readonly string[] | null): number =>
  texts === null ? 60 : Math.max(44, 16 + 7 * Math.max(...texts.map(({ length }) => length)))

/** Steps of an axis that counts: there is nothing between one day and the next. */
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

/** Without the ".0" that all of them have. */
const tickTexts = (texts: readonly string[]): string[] =>
  texts.every((text) => /\.0(?!\d)/.test(text)) ? texts.map((text) => text.replace(/\.0(?!\d)/, '')) : [...texts]

const DAY_S = 86_400

/** One value alone stands in the middle: uPlot would show years after it. */
const aroundOne = (at: ArrayLike<number>, room: number): [number, number] | undefined =>
  at.length === 1 ? [at[0]! - room, at[0]! + room] : undefined

/** A tenth of room around what is drawn; a line that lies flat has some too. */
function rangeOf(low: number | null, high: number | null): [number, number] {
  const [from, to] = [low ?? 0, high ?? 1]
  const room = to === from ? Math.abs(to) / 2 || 1 : (to - from) / 10
  return [from >= 0 ? Math.max(0, from - room) : from - room, to + room]
}

function drawMarks(plot: uPlot, marks: readonly number[], colour: string): void {
  const { ctx, bbox } = plot
  for (const mark of marks) {
    const y = plot.valToPos(mark, 'y', true)
    if (y < bbox.top || y > bbox.top + bbox.height) continue
    ctx.save()
    ctx.strokeStyle = colour
    ctx.setLineDash([3, 5])
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    ctx.restore()
  }
}

function AsTable({ title, x, xKind, timeZone, xLabel = '', lines, band, format = figure, unit }: ChartProps) {
  const time = xKind === 'numbers' ? undefined : chartTime(timeZone, xKind)
  const columns: readonly { readonly label: string; readonly values: Values }[] = [
    ...lines,
    ...(band
      ? [
          { label: `${band.label}, low`, values: band.low },
          { label: `${band.label}, high`, values: band.high },
        ]
      : []),
  ]
  return (
    <details className={classes.details}>
      <summary>Show as a table{unit === undefined ? '' : ` (${unit})`}</summary>
      <Wide label={`${title}, as a table`} maxHeight={260}>
        <Table fz="xs" withRowBorders={false}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{time ? time.title : xLabel}</Table.Th>
              {columns.map(({ label }) => (
                <Table.Th key={label} ta="right">
                  {label}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {x.map((at, row) => (
              <Table.Tr key={at}>
                <Table.Td>{time ? time.text(at) : figure(at)}</Table.Td>
                {columns.map(({ label, values }) => (
                  <Table.Td key={label} ta="right">
                    {format(values[row])}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </details>
  )
}
