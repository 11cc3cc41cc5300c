import { describe, expect, it } from 'vitest'
import { type AnalysisRule, analyse, type Verdict } from './analysis.ts'
import { CANDIDATES, type Candidate, simulate } from './test/simulated.ts'

/** Rollouts of each kind: a few in each run of the tests, as many as the published figures with SIMULATED_ROLLOUTS. */
const ROLLOUTS = Number(process.env.SIMULATED_ROLLOUTS ?? 40)
const [DEVICES, LAST] = [200, 14]
const LONG = 1_800_000
const rule: Omit<AnalysisRule, 'prior'> = {
  margin: 0.03,
  minDays: 3,
  minDevices: 100,
  maxDays: LAST,
  guards: { maxCrashes: null, latencyP95Ms: null, coverageLoss: null },
}

/** Share of rollouts in which each verdict was said at any of the looks after each closed day, up to the last. */
function verdicts(candidate: Candidate): Record<Verdict, number> & { passed: number } {
  const said: Partial<Record<Verdict, number>> = {}
  let passed = 0
  for (let seed = 1; seed <= ROLLOUTS; seed++) {
    const { records, prior, dayName } = simulate(candidate, { seed, devices: DEVICES, days: LAST })
    const seen = new Set<Verdict>()
    for (let days = 3; days <= LAST; days++) {
      const looked = { members: DEVICES, records: records.slice(0, days * DEVICES), health: [], today: dayName(days) }
      seen.add(analyse(looked, { ...rule, prior }).verdict)
    }
    for (const verdict of seen) said[verdict] = (said[verdict] ?? 0) + 1
    if (seen.has('better') || seen.has('non-inferior')) passed++
  }
  const share = (verdict: Verdict) => (said[verdict] ?? 0) / ROLLOUTS
  const rates = {
    'guard-stop': share('guard-stop'),
    worse: share('worse'),
    pause: share('pause'),
    heterogeneous: share('heterogeneous'),
    better: share('better'),
    'non-inferior': share('non-inferior'),
    inconclusive: share('inconclusive'),
    passed: passed / ROLLOUTS,
  }
  if (process.env.SIMULATED_ROLLOUTS)
    process.stderr.write(`${JSON.stringify({ rollouts: ROLLOUTS, ...candidate, rates })}\n`)
  return rates
}

/** What a share of at most `share` may come to among so few rollouts, but for one run in a thousand. */
const allowed = (share: number) => share + 3.1 * Math.sqrt((share * (1 - share)) / ROLLOUTS) + 1 / ROLLOUTS

describe('in simulated rollouts with a look after each day', () => {
  it('an equal candidate with little noise is called neither better nor worse, and passes', { timeout: LONG }, () => {
    const { better, worse, passed } = verdicts(CANDIDATES.noise)
    expect(better + worse).toBeLessThanOrEqual(allowed(0.005))
    expect(passed).toBeGreaterThanOrEqual(1 - allowed(0.05))
  })

  it.each([
    ['retrained', CANDIDATES.retrained, 0.042],
    ['a different model', CANDIDATES.different, 0.01],
  ])('an equal candidate that is %s is seldom called better or worse', { timeout: LONG }, (_what, candidate, share) => {
    const { better, worse } = verdicts(candidate)
    expect(better + worse).toBeLessThanOrEqual(allowed(share))
  })

  it('a candidate that is 5 % worse with little noise is called so by the last day, and never passes', {
    timeout: LONG,
  }, () => {
    const { worse, passed } = verdicts(CANDIDATES.worseNoise)
    expect(worse).toBeGreaterThanOrEqual(1 - allowed(0.034))
    expect(passed).toBeLessThanOrEqual(allowed(0.01))
  })

  it.each([
    ['5 % worse by bias', CANDIDATES.worseBias],
    ['5 % worse since stale', CANDIDATES.worseStale],
    ['25 % worse in a fifth of the shops', CANDIDATES.someMuchWorse],
  ])('a candidate that is %s does not pass', { timeout: LONG }, (_what, candidate) => {
    expect(verdicts(candidate).passed).toBeLessThanOrEqual(allowed(0.01))
  })
})
