import type { Item } from '../../api/client.ts'
import { duration, exact, percent } from '../../kit/figures.ts'
import { DIMENSIONS } from './dimensions.ts'

export type Sensor = Item<'/v1/sensors'>
export type Variant = Sensor['variants'][number]

const WINDOWS = { '5m': '5 min', '15m': '15 min', '1h': '1 h', '1d': '1 d' } as const
const SERIES = { site: 'one per shop', product: 'one per product' } as const
const KINDS = {
  gauge: 'gauge: a level',
  counter: 'counter: it only grows',
  event: 'event: something that happened once',
} as const
const PRIORITIES = { low: 'goes first', normal: 'goes as others do', high: 'goes last' } as const

/** −40 to 60 */
export const rangeText = ({ range: [low, high] }: Pick<Variant, 'range'>): string => `${exact(low)} to ${exact(high)}`
export const intervalText = ({ interval }: Pick<Variant, 'interval'>): string =>
  interval === 0 ? 'as they come' : `every ${duration(interval * 1000)}`
export const windowText = ({ window }: Pick<Variant, 'window'>): string => WINDOWS[window]

type Field = readonly [name: string, text: string]

/** How a shop measures, in words. */
export function measuredBy(variant: Variant): readonly Field[] {
  const { kind, unit, per, resolution, centre, priority } = variant
  return [
    ['Kind', KINDS[kind]],
    ['Unit', unit],
    ['Series', SERIES[per]],
    ['Range', `${rangeText(variant)} ${unit}`],
    ['Resolution', `${exact(resolution)} ${unit}`],
    ['Usual level', `${exact(centre)} ${unit}`],
    ['Readings', intervalText(variant)],
    ['Windows', windowText(variant)],
    ['Detail, as space runs out', PRIORITIES[priority]],
  ]
}

/** What a shop expects of what it measures, in words. */
export function expectedOf({ quality }: Variant): readonly Field[] {
  const { flatAfter, aheadBy, anomalyAbove, thresholds } = quality
  return [
    ['Stands still for at most', flatAfter === 0 ? 'no limit' : duration(flatAfter * 1000)],
    ['Ahead of the clock by at most', duration(aheadBy * 1000)],
    ['Anomaly above a score of', anomalyAbove === 0 ? 'never' : exact(anomalyAbove)],
    ...Object.entries(thresholds).map(([dimension, threshold]) => {
      const { title } = DIMENSIONS[dimension as keyof typeof thresholds]
      return [`${title}, at least`, threshold === 0 ? 'anything' : percent(threshold, 0)] as const
    }),
  ]
}

interface Compared {
  readonly common: readonly Field[]
  /** By name what each has, in their order. */
  readonly differing: readonly { readonly name: string; readonly texts: readonly string[] }[]
}

/** What all of these have in common, and where they differ. @param fields of each, all with the same names */
export function compared(fields: readonly (readonly Field[])[]): Compared {
  const rows = (fields[0] ?? []).map(([name], at) => ({ name, texts: fields.map((one) => one[at]![1]) }))
  const isCommon = ({ texts }: (typeof rows)[number]) => texts.every((text) => text === texts[0])
  return {
    common: rows.filter(isCommon).map(({ name, texts }) => [name, texts[0]!] as const),
    differing: rows.filter((row) => !isCommon(row)),
  }
}
