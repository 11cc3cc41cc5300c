import { count } from '../../kit/figures.ts'
import type { Attribute, Evaluation, Scores } from './queries.ts'

/** What a version's scores are cut by. */
export const SLICES = ['site', 'product', 'attribute', 'weekday', 'label'] as const
export type SliceBy = (typeof SLICES)[number]

export interface Slice {
  readonly name: string
  readonly heldOut: NonNullable<Evaluation['heldOut']>['sites'][number] | undefined
  readonly inService: Scores | undefined
  /** Of what was sold; undefined where slices are few. */
  readonly share: number | undefined
  /** Several small ones together: they come last of all. */
  readonly isOthers: boolean
  /** Fewer forecasts than say anything: it is shown last, whatever its error. */
  readonly isSmall: boolean
}

/** Forecasts below which a slice's error is chance as much as the model. */
export const LEAST = 30

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** Slices with rows of their own; those with less sold are one together. */
export const MOST: Readonly<Partial<Record<SliceBy, number>>> = { product: 200, attribute: 20, label: 50 }

/** Whether products are grouped by it: where each has its own, as its name, they are not. */
export const isGrouping = ({ sites, products, values }: Attribute): boolean => values < products / sites

const nameOf: Readonly<Record<SliceBy, (scores: Scores) => string>> = {
  site: ({ site }) => site ?? '',
  product: ({ entity }) => entity || 'the shop itself',
  attribute: ({ attribute }) => attribute ?? 'without the attribute',
  weekday: ({ weekday }) => WEEKDAYS[(weekday ?? 1) - 1]!,
  label: ({ label }) => label ?? 'without the label',
}

/** The worst first: by how it does in service, else held out. Those with too few forecasts come last, and then what is several together. */
export function slicesOf(
  by: SliceBy,
  evaluation: Pick<Evaluation, 'heldOut'> | undefined,
  scores: readonly Scores[] = [],
): Slice[] {
  const heldOut = new Map(by === 'site' ? evaluation?.heldOut?.sites.map((one) => [one.site, one]) : [])
  const nameIn = (one: Scores) => (one.others ? `${count(one.others)} smaller ones` : nameOf[by](one))
  const inService = new Map(scores.filter(({ rows }) => rows > 0).map((one) => [nameIn(one), one]))
  const names = [...new Set([...heldOut.keys(), ...inService.keys()])]
  const rows = names.map((name): Slice => {
    const slice = { name, heldOut: heldOut.get(name), inService: inService.get(name) }
    const { share, others } = slice.inService ?? {}
    return {
      ...slice,
      share: share ?? undefined,
      isOthers: (others ?? 0) > 0,
      isSmall: (slice.inService?.rows ?? slice.heldOut?.rows ?? 0) < LEAST,
    }
  })
  const worst = ({ heldOut, inService }: Slice) => inService?.wape ?? heldOut?.wape ?? -1
  const place = ({ isOthers, isSmall }: Slice) => (isOthers ? 2 : isSmall ? 1 : 0)
  return rows.sort((a, b) => place(a) - place(b) || worst(b) - worst(a))
}

/** The seasonal naive does better there. */
export const isBelowBaseline = ({ inService }: Slice): boolean =>
  typeof inService?.wape === 'number' &&
  typeof inService.baselineWape === 'number' &&
  inService.wape > inService.baselineWape
