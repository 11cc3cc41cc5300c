import type { Warmup } from '@storecast/shared/contracts'
import { type FalseDiscoveryMethod, falseDiscovery, fTail } from '@storecast/shared/statistics'
import { type Scope, type Span, scopesOf, type Watched } from './subjects.ts'

/** Sums over the scored forecasts of one local day; e = middle quantile − actual. */
export interface DaySums {
  /** Forecasts scored, and left out for a stock-out. */
  readonly rows: number
  readonly leftOut: number
  readonly absolute: number
  readonly squared: number
  readonly error: number
  readonly actual: number
  /** Σ|baseline − actual| of the seasonal naive. */
  readonly baseline: number
  readonly covered: number
}
export const SUMS = ['rows', 'leftOut', 'absolute', 'squared', 'error', 'actual', 'baseline', 'covered'] as const

export interface Forecasts {
  readonly model: string
  readonly version: number
  readonly horizon: string
}

/** Of one device, model and horizon, by local day. */
export interface DeviceDays extends Forecasts, Span {
  readonly watched: Watched
  readonly days: ReadonlyMap<string, DaySums>
}

/** Null where nothing can be said. */
export interface Scores {
  readonly mae: number | null
  readonly rmse: number | null
  /** Σ|e| / Σ actual, and Σe / Σ actual: bias. */
  readonly wape: number | null
  readonly bias: number | null
  readonly coverage: number | null
  readonly baselineWape: number | null
}

/** As the version did on days that it had not seen, before any device had it. */
export interface Validation {
  readonly wape: number
  /** Of the very sites, or of all that it was trained on. */
  readonly of: 'sites' | 'training'
  readonly coverage: number | null
  readonly baselineWape: number | null
}

/** `below-baseline`: the seasonal naive does better; `worse`: than in validation, by more than a tenth. */
export type PerformanceVerdict = 'below-baseline' | 'worse' | 'as-validated' | 'insufficient'

export interface PerformanceResult extends Scope, Forecasts, Span {
  readonly devices: number
  readonly rows: number
  readonly leftOut: number
  readonly days: ({ readonly day: string; readonly rows: number } & Scores)[]
  readonly scores: Scores
  readonly validation: Validation | null
  readonly p: number | null
  readonly q: number | null
  readonly verdict: PerformanceVerdict
  readonly reason: string | null
}

export const scoresOf = ({ rows, absolute, squared, error, actual, baseline, covered }: DaySums): Scores => {
  const per = (sum: number, by: number) => (by > 0 ? sum / by : null)
  return {
    mae: per(absolute, rows),
    rmse: rows > 0 ? Math.sqrt(squared / rows) : null,
    wape: per(absolute, actual),
    bias: per(error, actual),
    coverage: per(covered, rows),
    baselineWape: per(baseline, actual),
  }
}

function added(all: Iterable<DaySums>): DaySums {
  const total = { rows: 0, leftOut: 0, absolute: 0, squared: 0, error: 0, actual: 0, baseline: 0, covered: 0 }
  for (const one of all) for (const name of SUMS) total[name] += one[name]
  return total
}

/** Days of forecasts that are needed to say anything: one of each weekday. */
const LEAST_DAYS = 7
/** From here on a fall matters, against the validation's WAPE. */
const MATERIAL = 0.1

/** What held-out days gave: WAPE by day of the sites that are looked at, or one figure for all. */
export interface ValidationDays {
  readonly validation: Validation
  readonly days: readonly number[] | null
}

export type ReadValidation = (of: Forecasts, sites: ReadonlySet<string>) => ValidationDays | null

/** One judgement before the others are known. */
export interface Judged extends Omit<PerformanceResult, 'q' | 'verdict'> {
  /** What it is, where `p` is not by chance. */
  readonly ifReal: PerformanceVerdict
}

interface JudgeOptions {
  readonly level: number
  readonly validation: ReadValidation
}

/** Judges one device's forecasts of a model and horizon. */
export const judgeDevice = (one: DeviceDays, options: JudgeOptions): Judged =>
  judgeSums({ scope: 'device', name: one.watched.device }, summed(one), options)

/** Groups of devices: each label's values, and the fleet. */
export interface PerformanceGroups {
  add(one: DeviceDays): void
  /** One judgement for each group, model and horizon. @param pause awaited now and then */
  judged(options: JudgeOptions, pause: () => Promise<void>): Promise<Judged[]>
}

/** Sums the days of every group's devices as they come: as much memory as there are groups, however many devices. */
export function performanceGroups(groupBy: readonly string[]): PerformanceGroups {
  const groups = new Map<string, { scope: Scope; sums: Summed }>()
  return {
    add(one) {
      for (const scope of scopesOf(one.watched, groupBy)) {
        const key = [scope.scope, scope.name, one.model, one.version, one.horizon].join('\n')
        const group = groups.get(key)
        if (group) addTo(group.sums, one)
        else groups.set(key, { scope, sums: summed(one) })
      }
    },
    async judged(options, pause) {
      const all: Judged[] = []
      for (const { scope, sums } of groups.values()) {
        await pause()
        all.push(judgeSums(scope, sums, options))
      }
      return all
    },
  }
}

/** What is said once all are known. */
export type PerformanceJudgement = Pick<PerformanceResult, 'q' | 'verdict'>

/** What is said of those that belong together, in their order: the devices' of a run, or the groups'. */
export function decide(
  judged: readonly Pick<Judged, 'p' | 'ifReal'>[],
  { level, method }: { readonly level: number; readonly method: FalseDiscoveryMethod },
): PerformanceJudgement[] {
  const tested = judged.filter((one) => one.p !== null)
  const adjusted = falseDiscovery(
    tested.map((one) => one.p!),
    method,
  )
  let next = 0
  return judged.map(({ p, ifReal }) => {
    if (p === null) return { q: null, verdict: 'insufficient' }
    const q = adjusted[next++]!
    return { q, verdict: q > level ? 'as-validated' : ifReal }
  })
}

/** Days of devices as one. */
interface Summed extends Forecasts {
  devices: number
  readonly sites: Set<string>
  from: number
  to: number
  readonly days: Map<string, DaySums>
}

function summed({ model, version, horizon, watched, from, to, days }: DeviceDays): Summed {
  return { model, version, horizon, devices: 1, sites: new Set([watched.site]), from, to, days: new Map(days) }
}

function addTo(sums: Summed, { watched, from, to, days }: DeviceDays): void {
  sums.devices++
  sums.sites.add(watched.site)
  sums.from = Math.min(sums.from, from)
  sums.to = Math.max(sums.to, to)
  for (const [day, own] of days) {
    const known = sums.days.get(day)
    sums.days.set(day, known ? added([known, own]) : own)
  }
}

function verdictOf(
  tails: { readonly baseline: number },
  { scores, validation }: Pick<Judged, 'scores' | 'validation'>,
  level: number,
): PerformanceVerdict {
  if (tails.baseline <= level) return 'below-baseline'
  return validation && scores.wape! > (1 + MATERIAL) * validation.wape ? 'worse' : 'as-validated'
}

function judgeSums(scope: Scope, sums: Summed, { level, validation }: JudgeOptions): Judged {
  const { model, version, horizon, devices, from, to } = sums
  const days = [...sums.days].sort(([a], [b]) => (a < b ? -1 : 1))
  const total = added(days.map(([, sums]) => sums))
  const known = validation(sums, sums.sites)
  const scored = days.filter(([, sums]) => sums.actual > 0)
  const base = {
    ...{ ...scope, model, version, horizon, devices, rows: total.rows, leftOut: total.leftOut, from, to },
    days: days.map(([day, sums]) => ({ day, rows: sums.rows, ...scoresOf(sums) })),
    scores: scoresOf(total),
    validation: known?.validation ?? null,
  }
  if (scored.length < LEAST_DAYS) {
    const reason = `insufficient: n=${scored.length} days with scored forecasts; at least ${LEAST_DAYS}`
    return { ...base, ifReal: 'insufficient', p: null, reason }
  }
  const wapes = scored.map(([, sums]) => sums.absolute / sums.actual)
  const tails = {
    baseline: worseTail(
      scored.map(([, sums]) => (sums.absolute - sums.baseline) / sums.actual),
      [0],
    ),
    validation: known ? worseTail(wapes, known.days ?? [known.validation.wape]) : 1,
  }
  const reason = known ? null : 'no validation figures of this version: judged against the baseline alone'
  const p = Math.min(1, 2 * Math.min(tails.baseline, tails.validation))
  return { ...base, ifReal: verdictOf(tails, base, level), p, reason }
}

/**
 * P of as high a mean of days where it is no higher than the others' (one alone is a constant): B. L. Welch, Biometrika 34
 * (1947), with the variance of successive days that go together multiplied by (1 + r)/(1 − r), r their correlation.
 */
export function worseTail(days: readonly number[], others: readonly number[]): number {
  const [mean, variance] = moments(days)
  const [usual, scatter] = moments(others)
  const r = Math.min(0.9, Math.max(0, variance > 0 ? successive(days, mean) / (variance * (days.length - 1)) : 0))
  const own = (variance / days.length) * ((1 + r) / (1 - r))
  const theirs = others.length > 1 ? scatter / others.length : 0
  if (own + theirs === 0) return mean > usual ? 0 : 1
  const freedom = (own + theirs) ** 2 / (own ** 2 / (days.length - 1) + theirs ** 2 / Math.max(1, others.length - 1))
  const t = (mean - usual) / Math.sqrt(own + theirs)
  const tail = fTail(t ** 2, 1, freedom) / 2
  return t > 0 ? tail : 1 - tail
}

function moments(values: readonly number[]): [mean: number, variance: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return [mean, values.length > 1 ? squares / (values.length - 1) : 0]
}

const successive = (values: readonly number[], mean: number) =>
  values.slice(1).reduce((sum, value, t) => sum + (value - mean) * (values[t]! - mean), 0)

/**
 * Days held out in training, as the bundle's warm-up has them: of the sites asked for where it has all of them, else the
 * manifest's figure over all.
 */
export function validationOf(
  warmup: Warmup | null,
  metrics: Readonly<Record<string, number>>,
  baseline: Readonly<Record<string, number>>,
  sites: ReadonlySet<string>,
): ValidationDays | null {
  const known = [...sites].map((site) => warmup?.sites[site])
  if (!warmup || known.some((site) => site === undefined)) {
    if (metrics.wape === undefined) return null
    const { wape, coverage = null } = metrics
    return { validation: { wape, of: 'training', coverage, baselineWape: baseline.wape ?? null }, days: null }
  }
  const middle = Math.floor(warmup.levels.length / 2)
  const sums = new Map<string, { absolute: number; actual: number; rows: number; covered: number }>()
  for (const site of known) {
    const { days, actual, quantiles } = site!
    days.forEach((day, i) => {
      const sum = sums.get(day) ?? { absolute: 0, actual: 0, rows: 0, covered: 0 }
      sums.set(day, sum)
      sum.absolute += Math.abs(quantiles[middle]![i]! - actual[i]!)
      sum.actual += actual[i]!
      sum.rows++
      if (quantiles[0]![i]! <= actual[i]! && actual[i]! <= quantiles.at(-1)![i]!) sum.covered++
    })
  }
  const all = [...sums.values()].filter(({ actual }) => actual > 0)
  if (all.length === 0) return null
  const total = (of: 'absolute' | 'actual' | 'rows' | 'covered') => all.reduce((sum, day) => sum + day[of], 0)
  return {
    validation: {
      wape: total('absolute') / total('actual'),
      of: 'sites',
      coverage: total('covered') / total('rows'),
      baselineWape: baseline.wape ?? null,
    },
    days: all.map((day) => day.absolute / day.actual),
  }
}
