import type { Evaluation, Scores } from './queries.ts'

/** What a version's scores are cut by. */
export const SLICES = ['site', 'product', 'weekday', 'label'] as const
export type SliceBy = (typeof SLICES)[number]

export interface Slice {
  readonly name: string
  readonly heldOut: NonNullable<Evaluation['heldOut']>['sites'][number] | undefined
  readonly inService: Scores | undefined
  /** Fewer forecasts than say anything: it is shown last, whatever its error. */
  readonly isSmall: boolean
}

/** Forecasts below which a slice's error is chance as much as the model. */
export const LEAST = 30

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

const nameOf: Readonly<Record<SliceBy, (scores: Scores) => string>> = {
  site: ({ site }) => site ?? '',
  product: ({ entity }) => entity || 'the site itself',
  weekday: ({ weekday }) => WEEKDAYS[(weekday ?? 1) - 1]!,
  label: ({ label }) => label ?? 'without the label',
}

/** The worst first: by how it does in service, else held out. Those with too few forecasts come last. */
export function slicesOf(
  by: SliceBy,
  evaluation: Pick<Evaluation, 'heldOut'> | undefined,
  scores: readonly Scores[] = [],
): Slice[] {
  const heldOut = new Map(by === 'site' ? evaluation?.heldOut?.sites.map((one) => [one.site, one]) : [])
  const inService = new Map(scores.filter(({ rows }) => rows > 0).map((one) => [nameOf[by](one), one]))
  const names = [...new Set([...heldOut.keys(), ...inService.keys()])]
  const rows = names.map((name): Slice => {
    const slice = { name, heldOut: heldOut.get(name), inService: inService.get(name) }
    return { ...slice, isSmall: (slice.inService?.rows ?? slice.heldOut?.rows ?? 0) < LEAST }
  })
  const worst = ({ heldOut, inService }: Slice) => inService?.wape ?? heldOut?.wape ?? -1
  return rows.sort((a, b) => Number(a.isSmall) - Number(b.isSmall) || worst(b) - worst(a))
}

/** The seasonal naive does better there. */
export const isBelowBaseline = ({ inService }: Slice): boolean =>
  typeof inService?.wape === 'number' &&
  typeof inService.baselineWape === 'number' &&
  inService.wape > inService.baselineWape
