import { percent, sparkline, table } from '../terminal/table.ts'
import { type ModelScores, type ReceivedForecast, totalsByDay } from './day-scores.ts'

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const share = (value: number) => (Number.isFinite(value) ? percent(value) : '–').padStart(6)

/** One line for a day that is over, all shops together. */
export function dayLine(day: {
  date: string
  weekday: number
  version: number
  scores: ModelScores
  forecasts: readonly ReceivedForecast[]
}): string {
  const { date, weekday, version, scores, forecasts } = day
  const [totals = { forecast: 0, actual: 0 }] = totalsByDay(forecasts)
  const units = (value: number) => value.toFixed(1).padStart(7)
  return [
    `${WEEKDAYS[weekday]} ${date}  v${version}`,
    `forecast${units(totals.forecast)}  sold${units(totals.actual)}`,
    `WAPE ${share(scores.wape)} (naive ${share(scores.baseline)})`,
    `in p10–p90 ${share(scores.coverage)}`,
    `${scores.censored} of ${scores.rows + scores.censored} sold out`,
  ].join('  ')
}

/** Shops that are drawn one by one; more would only scroll by. */
const MOST_DRAWN = 6

/** What each shop sold over the days of a chapter, below what it forecast. */
export function drawings(forecasts: readonly ReceivedForecast[]): string[] {
  const sites = [...new Set(forecasts.map(({ site }) => site))].sort()
  if (sites.length > MOST_DRAWN) return []
  return sites.flatMap((site) => {
    const days = totalsByDay(forecasts.filter((forecast) => forecast.site === site))
    const most = Math.max(...days.flatMap(({ forecast, actual }) => [forecast, actual]))
    const line = (values: number[]) => sparkline(values, most)
    return [
      `  ${site}  forecast ${line(days.map(({ forecast }) => forecast))}`,
      `  ${' '.repeat(site.length)}  sold     ${line(days.map(({ actual }) => actual))}`,
    ]
  })
}

export interface SummaryRow {
  readonly title: string
  readonly version: number
  readonly scores: ModelScores
}

/** The chapters side by side, each beside the baseline on its own rows. */
export function summaryTable(rows: readonly SummaryRow[]): string[] {
  return table(
    ['', 'model', 'WAPE', 'seasonal naive', 'WPE', 'in p10–p90', 'rows'],
    rows.map(({ title, version, scores }) => [
      title,
      `v${version}`,
      percent(scores.wape),
      percent(scores.baseline),
      percent(scores.wpe),
      percent(scores.coverage),
      scores.rows,
    ]),
  )
}

/** What the second model changed: its error, and the error over that of the baseline, which knows the days' own difficulty. */
export function improvement(before: SummaryRow, after: SummaryRow): string {
  const change = (from: number, to: number) => `${percent(from)} → ${percent(to)}`
  const skill = ({ scores }: SummaryRow) => 1 - scores.wape / scores.baseline
  const better = after.scores.wape < before.scores.wape ? 'better' : 'no better'
  return (
    `v${after.version} is ${better} than v${before.version}: WAPE ${change(before.scores.wape, after.scores.wape)}, ` +
    `below the baseline by ${change(skill(before), skill(after))} of its error`
  )
}

/** Of the audit log's rows, what is told. */
export interface AuditRow {
  readonly number: number
  readonly entry: {
    readonly actor: { readonly id: string }
    readonly action: string
    readonly subject: string
    readonly decision: string
    readonly message?: string
    readonly after?: unknown
  }
}

/** The log's entries about a version and its rollout, oldest first. */
export function auditLines(rows: readonly AuditRow[], of: { rollout: string; version: number }): string[] {
  const isAbout = ({ entry: { subject, after } }: AuditRow) => {
    const { id, registered } = (after ?? {}) as { id?: string; registered?: { version: number } }
    const path = `/v1/rollouts/${of.rollout}`
    return subject === path || (subject === '/v1/rollouts' && id === of.rollout) || registered?.version === of.version
  }
  return rows.filter(isAbout).map(({ number, entry: { actor, action, subject, decision, message } }) => {
    const what = message === undefined ? `${action.split(' ')[0]} ${subject}` : `${action}: ${message}`
    return `  ${String(number).padStart(5)}  ${actor.id.padEnd(18)}  ${decision}  ${what}`
  })
}

/** Of a comparison with what was frozen in the bundle, what is told. */
export interface DriftRow {
  readonly name: string
  readonly kind: string
  readonly column: string
  readonly effective: number
  readonly statistics: { readonly psi: { readonly value: number; readonly threshold: number } } | null
  readonly q: number | null
  readonly verdict: string
}

const MOST_DRIFTS = 4

/** How much of what was compared drifts, and where most. */
export function driftLines(
  { devices, drift }: { readonly devices: number; readonly drift: Readonly<Record<string, number>> },
  rows: readonly DriftRow[],
): string[] {
  const compared = Object.values(drift).reduce((sum, count) => sum + count, 0)
  const psiOf = ({ statistics }: DriftRow) => statistics?.psi.value ?? 0
  const most = rows
    .filter(({ verdict }) => verdict === 'drift')
    .sort((a, b) => psiOf(b) - psiOf(a))
    .slice(0, MOST_DRIFTS)
  return [
    `drift: ${drift.drift ?? 0} of ${compared} comparisons with what the model was trained on, on ${devices} devices`,
    ...most.map(({ name, kind, column, effective, statistics, q }) => {
      const { value, threshold } = statistics!.psi
      return (
        `  ${name}  ${kind} ${column}: PSI ${value.toFixed(2)}, ${threshold.toFixed(2)} would be chance ` +
        `with ${effective.toFixed(0)} independent values (q ${q!.toPrecision(1)})`
      )
    }),
  ]
}

/** Of a look at a shop's data, what is told. */
export interface SiteLook {
  readonly opened: readonly TaskRow[]
  readonly closed: readonly TaskRow[]
}

interface TaskRow {
  readonly id: number
  readonly device: string
  readonly sensor: string
  readonly dimension: string
  readonly score: number
  readonly threshold: number
  readonly steward: string | null
}

/** A line for each task that a look opened or closed. */
export function taskLines({ opened, closed }: SiteLook): string[] {
  const about = ({ sensor, device, dimension, score }: TaskRow) =>
    `${sensor} of ${device}, ${dimension} ${percent(score)}`
  return [
    ...opened.map((task) => {
      const wanted = `at least ${percent(task.threshold)} is expected`
      return `stewardship task ${task.id} opened for ${task.steward ?? 'nobody'}: ${about(task)}, where ${wanted}`
    }),
    ...closed.map((task) => `stewardship task ${task.id} closed, recovered: ${about(task)}`),
  ]
}

interface Cohort {
  readonly shops: number
  readonly before: { readonly value: number | null }
  readonly after: { readonly value: number | null }
}

/** The stock-out rate before and after a change. */
export interface StockOuts {
  readonly treated: Cohort
  readonly control: Cohort | null
}

/** How good decisions were and how many suggestions were taken, and what it made of stock-outs. */
export function orderingLines(from: string, kpis: readonly KpiRow[], { treated, control }: StockOuts): string[] {
  const known = (id: string) => kpis.find((kpi) => kpi.id === id)
  const [taken, right] = [known('model-adoption'), known('decision-accuracy')]
  if (!taken || !right) return []
  const shown = (value: number | null) => (value === null ? '–' : percent(value))
  const change = ({ shops, before, after }: Cohort) =>
    `(${shops} ${shops === 1 ? 'shop' : 'shops'}) ${shown(before.value)} → ${shown(after.value)} of product-days`
  return [
    `decisions since ${from}: ${taken.denominator} suggestions, ${shown(taken.value)} of them taken; ${shown(right.value)} of ${right.denominator} decisions were right`,
    `stock-outs where staff order by suggestions ${change(treated)}${control ? `; where they order as ever ${change(control)}` : ''}`,
  ]
}

export interface KpiRow {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly value: number | null
  readonly denominator: number
  readonly target: { readonly below?: number; readonly above?: number } | null
  readonly met: boolean | null
}

/** KPIs with their targets. */
export function kpiLines(rows: readonly KpiRow[]): string[] {
  const shown = (value: number, unit: string) => (unit === '1' ? percent(value) : `${value.toFixed(1)} ${unit}`)
  const wanted = ({ target, unit }: KpiRow) =>
    [target?.above, target?.below]
      .flatMap((bound, index) => (bound === undefined ? [] : [`${'><'[index]} ${shown(bound, unit)}`]))
      .join(', ')
  return table(
    ['KPI', 'value', 'target', 'met', 'out of'],
    rows.map((row) => [
      row.title,
      row.value === null ? '–' : shown(row.value, row.unit),
      wanted(row) || '–',
      row.met === null ? '–' : row.met ? 'yes' : 'no',
      Math.round(row.denominator),
    ]),
  )
}
