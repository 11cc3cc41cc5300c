import type { KnownVersions } from './bundles.ts'
import { type Compared, compare, type DriftJudgement, type GroupedRule, judge } from './compare.ts'
import type { Draft } from './draft.ts'
import { driftGroups } from './groups.ts'
import {
  type DeviceDays,
  decide,
  type Judged,
  judgeDevice,
  type PerformanceJudgement,
  performanceGroups,
  type ReadValidation,
  validationOf,
} from './performance.ts'
import type { Comparable } from './subjects.ts'

/** What is found of devices as they come, and at the end of the groups that they are in; all of it goes to the draft. */
export interface Findings<Observed, Judgement> {
  /** @param pause awaited now and then, in both */
  add(observed: readonly Observed[], pause: () => Promise<void>): Promise<void>
  /** What is said of everything in the draft, in its order. */
  judged(pause: () => Promise<void>): Promise<Judgement[]>
}

export function driftFindings(draft: Pick<Draft, 'addDrift'>, rule: GroupedRule): Findings<Comparable, DriftJudgement> {
  const own: Pick<Compared, 'p' | 'matters'>[] = []
  const groups = driftGroups(rule)
  return {
    async add(comparables, pause) {
      const compared: Compared[] = []
      for (const one of comparables) {
        await pause()
        const found = compare({ scope: 'device', name: one.watched.device }, { ...one, devices: 1, sites: 1 }, rule)
        compared.push(found)
        own.push({ p: found.p, matters: found.matters })
        groups.add(one)
      }
      await draft.addDrift(compared)
    },
    async judged(pause) {
      const pooled = await groups.compared(pause)
      await draft.addDrift(pooled)
      return [...judge(own, rule), ...judge(pooled, rule)]
    },
  }
}

export function performanceFindings(
  draft: Pick<Draft, 'addPerformance'>,
  { rule, versions }: { readonly rule: GroupedRule; readonly versions: KnownVersions },
): Findings<DeviceDays, PerformanceJudgement> {
  const own: Pick<Judged, 'p' | 'ifReal'>[] = []
  const groups = performanceGroups(rule.groupBy)
  const documents = new Map<string, Awaited<ReturnType<KnownVersions>>>()
  const validation: ReadValidation = ({ model, version }, sites) => {
    const found = documents.get(`${model}.${version}`)
    return found ? validationOf(found.warmup, found.manifest.metrics, found.manifest.baseline, sites) : null
  }
  const options = { level: rule.level, validation }
  return {
    async add(days, pause) {
      const judged: Judged[] = []
      for (const one of days) {
        await pause()
        documents.set(`${one.model}.${one.version}`, await versions(one.model, one.version))
        const found = judgeDevice(one, options)
        judged.push(found)
        own.push({ p: found.p, ifReal: found.ifReal })
        groups.add(one)
      }
      await draft.addPerformance(judged)
    },
    async judged(pause) {
      const pooled = await groups.judged(options, pause)
      await draft.addPerformance(pooled)
      return [...decide(own, rule), ...decide(pooled, rule)]
    },
  }
}
