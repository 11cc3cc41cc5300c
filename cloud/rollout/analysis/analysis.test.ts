import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AnalysisRule, analyse, type Evidence } from './analysis.ts'
import { alwaysValid, estimate, replayPrior } from './estimate.ts'
import { cohortOf, type DeviceDay } from './evidence.ts'
import { binomialTail, type DeviceHealth, judgeGuards } from './guards.ts'
import { studentT995 } from './student.ts'

// Expected values come from NumPy 2 and SciPy 1.17 (t.ppf, norm.ppf, binom.sf), computed from the published formulas.

const dayName = (day: number) => `2026-03-${String(day + 1).padStart(2, '0')}`
const record = (change: Partial<DeviceDay> & { day: string; device: string }): DeviceDay => ({
  region: 'north',
  rows: 10,
  excluded: 1,
  difference: 0,
  championAbsolute: 100,
  ...{ intervals: 10, championCovered: 8, candidateCovered: 8 },
  ...change,
})
/** Each device has the same relative difference on a day, but for its own. */
const cohort = (daily: readonly number[], own: readonly number[]): DeviceDay[] =>
  daily.flatMap((common, day) =>
    own.map((more, device) => record({ day: dayName(day), device: `d${device}`, difference: 100 * (common + more) })),
  )
const evidence = (records: readonly DeviceDay[], change: Partial<Evidence> = {}): Evidence => ({
  members: new Set(records.map((one) => one.device)).size,
  records,
  health: [],
  today: '2026-03-31',
  ...change,
})
const rule: AnalysisRule = {
  margin: 0.03,
  minDays: 7,
  minDevices: 2,
  maxDays: 14,
  guards: { maxCrashes: 2, latencyP95Ms: 50, coverageLoss: 0.1 },
  prior: { dailySd: 0.005, longRunRatio: 1 },
}
const NOT_WATCHED = { maxCrashes: null, latencyP95Ms: null, coverageLoss: null }
const times = <T>(count: number, of: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => of(index))

describe('estimate', () => {
  const difference = [
    [2, -1, 3, 4],
    [1, 0, 2, -2],
    [5, 6, 4, 7],
  ]
  const championAbsolute = [
    [50, 40, 60, 50],
    [30, 20, 25, 25],
    [100, 120, 80, 100],
  ]
  const records = difference.flatMap((row, device) =>
    row.map((value, day) =>
      record({
        device: `d${device}`,
        day: dayName(day),
        difference: value,
        championAbsolute: championAbsolute[device]![day]!,
      }),
    ),
  )
  const of = cohortOf(records, { members: 3, minDevices: 2, maxDays: 14, today: '2026-03-31' })

  it('follows its formulas', () => {
    const found = estimate(of, { dailySd: 0.02, longRunRatio: 3.5 })!
    expect(found).toMatchObject({ days: 4, devices: 3, inflation: 3.5, priorSd: 0.02 })
    expect(found.mean).toBeCloseTo(0.044549062049062046, 12)
    expect(found.dailySd).toBeCloseTo(0.018456898716898647, 12)
    expect(found.betweenDevicesSd).toBeCloseTo(0.012408693202844295, 12)
    expect(found.standardError).toBeCloseTo(0.01869224956497285, 12)
    expect(found.lower).toBeCloseTo(-0.0284787391946755, 7)
    expect(found.upper).toBeCloseTo(0.1175768632927996, 7)
    expect(found.observed.standardError).toBeCloseTo(0.010284092271113428, 12)
    expect(found.observed.lower).toBeCloseTo(-0.07696142984368687, 7)
    expect(found.observed.upper).toBeCloseTo(0.16605955394181096, 7)
  })

  it('keeps the inflation of correlated days between 3 and 4', () => {
    expect(estimate(of, { dailySd: 0.02, longRunRatio: 0.4 })!.inflation).toBe(3)
    expect(estimate(of, { dailySd: 0.02, longRunRatio: 9 })!.inflation).toBe(4)
  })

  it('takes the scatter for 8 % where no replay was made', () => {
    expect(estimate(of)).toMatchObject({ priorSd: 0.08, inflation: 4 })
  })

  it('says nothing without a day', () => {
    expect(estimate(cohortOf([], { members: 3, minDevices: 2, maxDays: 14, today: '2026-03-31' }))).toBeUndefined()
  })

  it.each([
    [1, 63.656741162871526],
    [2, 9.924843200918287],
    [3, 5.840909309733355],
    [4.5, 4.272823993011293],
    [8, 3.355387331333395],
    [26 / 3, 3.2817273309105057],
    [46 / 3, 2.9376479304518863],
    [199, 2.600760216058516],
  ])('knows the quantile of Student’s t with %d degrees of freedom', (freedom, quantile) => {
    expect(studentT995(freedom) / quantile - 1).toBeCloseTo(0, 5)
  })

  it.each([
    [1, 3.566356969976188],
    [3, 3.1103967188903523],
    [7, 3.035226632191823],
    [14, 3.061238010594647],
  ])('allows for every look: %d days, %d standard errors', (days, width) => {
    expect(alwaysValid(days)).toBeCloseTo(width, 12)
  })

  it('measures a replay’s scatter and what its days have in common', () => {
    const days = [0.01, 0.03, 0.02, -0.01, 0, 0.02, 0.05, 0.04, 0.01, -0.02, -0.03, 0, 0.01, 0.02, 0.03, 0.02]
    const { dailySd, longRunRatio } = replayPrior(days)
    expect(dailySd).toBeCloseTo(0.021134489978863143, 12)
    expect(longRunRatio).toBeCloseTo(1.5820895522388059, 12)
    expect(() => replayPrior(days.slice(0, 13))).toThrow(/at least 14/)
  })
})

describe('a day', () => {
  const four = (day: string, count: number) => times(count, (n) => record({ day, device: `d${n}` }))
  const of = (records: readonly DeviceDay[], today: string) =>
    cohortOf(records, { members: 4, minDevices: 2, maxDays: 3, today })

  it('counts when enough devices have told it, or no more are waited for', () => {
    const records = [...four('2026-03-02', 2), ...four('2026-03-05', 4), ...four('2026-03-06', 3)]
    const { days, leftOut } = of(records, '2026-03-07')
    expect(days.map(({ day, devices }) => [day, devices])).toEqual([
      ['2026-03-02', 2],
      ['2026-03-05', 4],
    ])
    expect(leftOut).toEqual({ pending: 1, dropped: 0, late: 0 })
  })

  it('is given up with too few devices, and does not count while it goes on or after the last', () => {
    const records = [
      ...four('2026-03-01', 1),
      ...[2, 3, 4, 5].flatMap((day) => four(`2026-03-0${day}`, 4)),
      ...four('2026-03-06', 4),
    ]
    const { days, leftOut } = of(records, '2026-03-06')
    expect(days.map(({ day }) => day)).toEqual(['2026-03-02', '2026-03-03', '2026-03-04'])
    expect(leftOut).toEqual({ pending: 1, dropped: 1, late: 1 })
  })

  it('tells nothing where all its rows were left out, or the champion was never wrong', () => {
    const empty = four('2026-03-01', 4).map((one) => ({ ...one, rows: 0, championAbsolute: 0 }))
    const perfect = four('2026-03-02', 4).map((one) => ({ ...one, championAbsolute: 0, difference: 3 }))
    expect(of([...empty, ...perfect], '2026-03-20')).toMatchObject({ days: [], leftOut: { dropped: 1 } })
  })
})

describe('analyse', () => {
  const noise = (days: number) => times(days, (day) => (day % 2 === 0 ? 0.002 : -0.002))
  const plus = (values: readonly number[], more: number) => values.map((value) => value + more)
  const same = times(20, () => 0)
  const healthy = times(20, (n): DeviceHealth => ({ device: `d${n}`, crashes: 0, latencyP95Ms: 4 }))

  it.each([
    ['no data', [], 'inconclusive', false],
    ['two days', cohort(noise(2), same), 'inconclusive', false],
    ['no harm on days too few to pass', cohort(noise(6), same), 'inconclusive', false],
    ['harm from the third day on', cohort(plus(noise(3), 0.2), same), 'worse', true],
    ['harm on the days seen', cohort([0.05, 0.09, 0.01], same), 'pause', false],
    [
      'harm in some shops',
      cohort(
        noise(7),
        times(20, (n) => (n < 3 ? 0.2 : -0.035)),
      ),
      'heterogeneous',
      false,
    ],
    ['gain', cohort(plus(noise(7), -0.1), same), 'better', false],
    ['no difference', cohort(noise(7), same), 'non-inferior', false],
    ['no difference at the end', cohort(noise(14), same), 'non-inferior', true],
  ] as const)('with %s', (_what, records, verdict, final) => {
    const found = analyse(evidence(records, { members: 20 }), rule)
    expect(found).toMatchObject({ verdict, final })
    expect(found.reason).not.toBe('')
  })

  it('decides by crashes and latency before it looks at errors', () => {
    const slow = healthy.map((one, n) => ({ ...one, latencyP95Ms: n < 4 ? 80 : 4 }))
    const found = analyse(evidence(cohort(plus(noise(7), -0.1), same), { health: slow }), rule)
    expect(found).toMatchObject({ verdict: 'guard-stop', final: true })
    expect(found.reason).toBe('latency-p95 above 50 on 4 of 20 devices')
    const crashed = healthy.slice(0, 3).map((one) => ({ ...one, crashes: 3 }))
    expect(analyse(evidence([], { members: 20, health: crashed }), rule)).toMatchObject({
      verdict: 'guard-stop',
      estimate: null,
    })
  })

  it('is inconclusive for good once its days are over', () => {
    const wild = times(20, (day) => (day % 2 === 0 ? 0.15 : -0.15))
    const found = analyse(evidence(cohort(wild, same)), rule)
    expect(found).toMatchObject({ verdict: 'inconclusive', final: true, denominators: { daysLeftOut: { late: 6 } } })
    expect(found.reason).toContain('14 days are over')
  })

  it('shows every denominator', () => {
    const { denominators } = analyse(evidence(cohort(noise(3), same), { members: 30, today: '2026-03-20' }), rule)
    expect(denominators).toEqual({
      members: 30,
      matured: 20,
      pending: 10,
      rows: 600,
      excludedRows: 60,
      daysLeftOut: { pending: 0, dropped: 0, late: 0 },
    })
  })

  it('never passes a candidate before its days and devices are there, and says the same in any order', () => {
    const device = fc.array(fc.double({ min: -0.3, max: 0.3, noNaN: true }), { minLength: 1, maxLength: 5 })
    const daily = fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { maxLength: 9 })
    fc.assert(
      fc.property(daily, device, (daily, own) => {
        const records = cohort(daily, own)
        const found = analyse(evidence(records, { members: 5 }), rule)
        if (found.verdict === 'better' || found.verdict === 'non-inferior') {
          expect(found.days.length).toBeGreaterThanOrEqual(rule.minDays)
          expect(found.denominators.matured).toBeGreaterThanOrEqual(rule.minDevices)
        }
        expect(analyse(evidence(records.toReversed(), { members: 5 }), rule).verdict).toBe(found.verdict)
      }),
    )
  })
})

describe('guards', () => {
  it.each([
    [0, 10, 1],
    [1, 3, 0.058808],
    [2, 3, 0.001184],
    [12, 200, 0.0007861638106644864],
    [700, 30_000, 0.0000309161208759676],
    [4, 3, 0],
  ])('know the chance of %d devices of %d', (k, n, chance) => {
    expect(binomialTail(k, n, 0.02)).toBeCloseTo(chance, 12)
  })

  it('share their α among all looks, and count devices with a figure only', () => {
    const health = times(5, (n): DeviceHealth => ({ device: `d${n}`, crashes: n, latencyP95Ms: n === 0 ? null : 10 }))
    const told = { health, cohort: { byDevice: new Map() } }
    expect(judgeGuards(told, rule.guards, 10)[0]!.alpha).toBeCloseTo(0.005, 15)
    expect(judgeGuards(told, rule.guards, 10)).toMatchObject([
      { guard: 'crashes', devices: 5, broken: 2, stop: true },
      { guard: 'latency-p95', devices: 4, broken: 0, stop: false },
      { guard: 'coverage-loss', devices: 0, broken: 0, stop: false },
    ])
    expect(judgeGuards(told, NOT_WATCHED, 10)).toEqual([])
    expect(judgeGuards(told, { maxCrashes: null, latencyP95Ms: null }, 10)).toEqual([])
  })

  it('stop a candidate whose intervals cover less than the champion’s, once devices have enough rows and days', () => {
    const days = (count: number, change: Partial<DeviceDay>) =>
      times(20, (n) => times(count, (day) => record({ day: dayName(day), device: `d${n}`, ...change }))).flat()
    const narrow = { rows: 50, intervals: 50, championCovered: 40, candidateCovered: 30 }
    const found = analyse(evidence(days(3, narrow)), rule)
    expect(found).toMatchObject({
      verdict: 'guard-stop',
      final: true,
      coverage: { rows: 3000, champion: 0.8, candidate: 0.6 },
    })
    expect(found.reason).toBe('coverage-loss above 0.1 on 20 of 20 devices')
    expect(found.days[0]!.coverage).toEqual({ rows: 1000, champion: 0.8, candidate: 0.6 })
    expect(analyse(evidence(days(2, narrow)), rule).verdict).toBe('inconclusive')
    expect(analyse(evidence(days(3, { ...narrow, intervals: 30, championCovered: 30 })), rule).verdict).toBe(
      'inconclusive',
    )
    expect(analyse(evidence(days(3, { ...narrow, candidateCovered: 36 })), rule).verdict).toBe('inconclusive')
    const untold = { intervals: 0, championCovered: 0, candidateCovered: 0 }
    expect(analyse(evidence(days(3, untold)), rule)).toMatchObject({ verdict: 'inconclusive', coverage: null })
  })
})
