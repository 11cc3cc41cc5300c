import type { Got } from '@storecast/shared/api'
import type { RolloutStep, ToldCounts } from '@storecast/shared/contracts'
import { intervalLine, type Part, stackedBar } from '../terminal/bars.ts'

/** Its document's schema is open in the API: rollouts of older versions stay as they were started. */
export type Rollout = Omit<Got<'/v1/rollouts/{rollout}'>, 'document'> & {
  readonly document: { readonly spec: { readonly steps: readonly RolloutStep[] } }
}

export type Paint = (style: 'green' | 'yellow' | 'red' | 'dim' | 'bold', text: string) => string

const BAR = 32
const SCALE = 49

export const devicesText = (count: number) => `${count} ${count === 1 ? 'device' : 'devices'}`

export function stepText({ setWeight, setCount, pause, analysis }: RolloutStep): string {
  if (setWeight !== undefined) return `${setWeight} %`
  if (setCount !== undefined) return devicesText(setCount)
  if (analysis) return 'analysis'
  return pause?.duration === undefined ? 'pause' : `pause ${pause.duration}`
}

/** One line with all that is not zero: `97 succeeded, 2 at it, 1 failed`. */
export function toldText(told: ToldCounts): string {
  const { pending, updating, succeeded, failed, rolledBack, silent, offline, reverting, reverted, excluded } = told
  const parts: readonly (readonly [number, string])[] = [
    [succeeded, 'succeeded'],
    [pending + updating, 'at it'],
    [offline, 'away'],
    [failed, 'failed'],
    [rolledBack, 'rolled back'],
    [silent, 'silent'],
    [reverting, 'going back'],
    [reverted, 'went back'],
    [excluded, 'left'],
  ]
  const some = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  return some.join(', ') || 'none told yet'
}

const barOf = (cohort: ToldCounts, whole: number): string => {
  const { pending, updating, succeeded, failed, rolledBack, silent, offline, reverting, reverted } = cohort
  const parts: readonly Part[] = [
    { amount: succeeded, fill: '█' },
    { amount: pending + updating, fill: '▓' },
    { amount: offline, fill: '░' },
    { amount: failed + rolledBack + silent, fill: '╳' },
    { amount: reverting + reverted, fill: '◁' },
  ]
  return stackedBar(parts, whole, BAR)
}

/** The bar again, its characters in colours. */
const painted = (bar: string, paint: Paint) =>
  bar
    .replaceAll(/█+/g, (text) => paint('green', text))
    .replaceAll(/▓+/g, (text) => paint('yellow', text))
    .replaceAll(/╳+/g, (text) => paint('red', text))
    .replaceAll(/[░·◁]+/g, (text) => paint('dim', text))

/** The rollout as lines: each step with its cohort, and what the evidence says, drawn. */
export function rolloutLines(rollout: Rollout, paint: Paint): string[] {
  const { id, name, model, version, state, reason, counts } = rollout
  const colour = { running: 'yellow', succeeded: 'green', failed: 'red', aborted: 'red', paused: 'yellow' } as const
  return [
    `${paint('bold', name)} (${id})  ${model}/${version}  ${paint(colour[state as keyof typeof colour] ?? 'bold', state)}`,
    reason ?? '',
    '',
    ...stepLines(rollout, paint),
    paint('dim', '    █ succeeded  ▓ at it  ░ away  ╳ failed, rolled back or silent  ◁ back at what it had'),
    `    ${devicesText(counts.devices)}: ${counts.told} told, ${counts.untold} not yet${counts.shadow > 0 ? `, ${counts.shadow} of them in shadow` : ''}${counts.excluded > 0 ? `, ${counts.excluded} left` : ''}`,
    '',
    ...analysisLines(rollout, paint),
  ]
}

function stepLines({ state, step: current, document, cohorts, counts }: Rollout, paint: Paint): string[] {
  const { steps } = document.spec
  const members = counts.told + counts.untold
  const markOf = (at: number) => {
    if (at < current) return paint('green', '✓')
    if (at > current || state === 'succeeded') return ' '
    return state === 'running' ? '▸' : state === 'paused' ? paint('yellow', '‖') : paint('red', '✗')
  }
  let before = 0
  const lines = steps.map((step, at) => {
    const text = stepText(step).padEnd(13)
    if (step.pause || step.analysis) return `  ${markOf(at)} ${text}`.trimEnd()
    const share = step.setCount ?? Math.ceil(((step.setWeight ?? 0) / 100) * members - 1e-9)
    const whole = Math.max(0, Math.min(members, share) - before)
    before += whole
    const cohort = cohorts.find((one) => one.step === at)
    if (!cohort) return `  ${markOf(at)} ${text}${paint('dim', '·'.repeat(BAR))}  ${devicesText(whole)}`
    return `  ${markOf(at)} ${text}${painted(barOf(cohort, whole), paint)}  ${toldText(cohort)}`
  })
  // Told to be as all others: every step at once by a person, or come since.
  const rest = cohorts.find(({ step }) => step >= steps.length)
  const more = rest && `    ${'the others'.padEnd(13)}${painted(barOf(rest, rest.told), paint)}  ${toldText(rest)}`
  return more ? [...lines, more] : lines
}

function analysisLines({ analysis, reason: above }: Rollout, paint: Paint): string[] {
  if (!analysis) return []
  const { verdict, reason, rule, estimate, heterogeneity, coverage, guards, denominators } = analysis.analysis
  const good = ['better', 'non-inferior'].includes(verdict)
  const bad = ['worse', 'guard-stop', 'heterogeneous'].includes(verdict)
  const why = above?.includes(reason) ? '' : `  ${reason}`
  const lines = [`evidence: ${paint(good ? 'green' : bad ? 'red' : 'yellow', verdict)}${why}`]
  if (estimate) {
    const { line, most } = intervalLine({ ...estimate, value: estimate.mean, margin: rule.margin }, SCALE)
    lines.push(`    ${percent(-most)} ${line} ${percent(most)}`)
    lines.push(
      `    error ${percent(estimate.mean)} (● in its 95 % bounds ${percent(estimate.lower)} to ${percent(estimate.upper)}), margin ${percent(rule.margin).slice(1)} (┊)`,
    )
  }
  const { members, matured, pending, rows, excludedRows, daysLeftOut } = denominators
  const { pending: open, dropped, late } = daysLeftOut
  lines.push(
    `    closed days ${estimate?.days ?? 0} of ${rule.minDays} to ${rule.maxDays}; ${members} devices, ${matured} with a closed day, ${pending} without`,
    `    ${rows} rows scored, ${excludedRows} left out; days left out: ${open} still open, ${dropped} with too few devices, ${late} too late`,
  )
  if (estimate) {
    const { dailySd, priorSd, inflation, betweenDevicesSd, observed } = estimate
    lines.push(
      `    a day scatters by ${size(dailySd)} (${size(priorSd)} was assumed), counted ${inflation.toFixed(1)} times; devices differ by ${size(betweenDevicesSd)}`,
      `    on the days seen: ${percent(observed.lower)} to ${percent(observed.upper)}`,
    )
  }
  if (heterogeneity) lines.push(`    lastingly worse: ${heterogeneity.worse.length} of ${heterogeneity.judged} devices`)
  if (coverage) {
    const { rows, champion, candidate } = coverage
    lines.push(
      `    intervals cover ${size(candidate)} of ${rows} rows; those of the version that serves ${size(champion)}`,
    )
  }
  for (const { guard, limit, devices, broken, stop } of guards) {
    const text = `    ${guard}: ${broken} of ${devices} devices above ${limit}`
    lines.push(stop ? paint('red', text) : text)
  }
  return lines
}

/** With its sign, but for what is none: `+1.2 %`, `0.0 %`. */
function percent(share: number): string {
  const text = (100 * Math.abs(share)).toFixed(1)
  return `${text === '0.0' ? '' : share > 0 ? '+' : '−'}${text} %`
}

const size = (share: number) => `${(100 * share).toFixed(1)} %`

/** One line for where nothing can be drawn. */
export function rolloutLine({ name, state, step, document, counts, analysis, reason }: Rollout): string {
  const { steps } = document.spec
  const now = steps[step]
  const at = now ? `step ${step + 1} of ${steps.length} (${stepText(now)})` : `all ${steps.length} steps done`
  const evidence = analysis ? `; evidence ${analysis.analysis.verdict}` : ''
  return `${name} ${state}, ${at}: ${counts.told} of ${counts.devices} told, ${toldText(counts)}${evidence}${reason ? `; ${reason}` : ''}`
}
