import { PROOF_FROM_PERCENT, type RolloutSpec } from '@storecast/shared/contracts'
import { type AnalysisRule, analyse, type Verdict } from '../../../cloud/rollout/analysis/analysis.ts'
import type { DeviceDay } from '../../../cloud/rollout/analysis/evidence.ts'
import { type CountRow, countMembers } from '../../../cloud/rollout/counts.ts'
import { nextMove, type Standing } from '../../../cloud/rollout/steps.ts'
import type { DrawnRollout } from './draw.ts'

/** What came of one rollout. */
export interface Outcome {
  /** Said at any look up to the last day, whatever the rollout did meanwhile. */
  readonly said: readonly Verdict[]
  /** 25 % of the fleet served the candidate. */
  readonly spread: boolean
}

/** Devices of the fleet; those in shadow are drawn of them. */
const FLEET = 2_000
const HOUR = 3_600_000
/** Hours after the last look within which a rollout that passed at it has gone on. */
const AFTERWARDS = 72
const row: Omit<CountRow, 'wanted' | 'devices'> = { step: null, state: 'pending', late: false }

/**
 * Carries a rollout on by the cloud's own decisions, hour by hour: every device does what it is told within the hour, and
 * after each day that closes all evidence so far is analysed.
 */
export function runRollout(drawn: DrawnRollout, spec: RolloutSpec): Outcome {
  const { devices } = spec.analysis
  const rule: AnalysisRule = { ...spec.analysis, prior: drawn.prior }
  const said = new Set<Verdict>()
  const state = {
    step: 0,
    stepAt: 0,
    told: 0,
    shadow: 0,
    proven: null as Standing['proven'],
    ended: false,
    spread: false,
  }
  let analysis: Standing['analysis'] = null
  let shadowSince: number | undefined
  const records: DeviceDay[] = []
  let day = 0
  for (let hour = 0; hour <= 24 * drawn.days.length + AFTERWARDS; hour++) {
    const now = hour * HOUR
    if (shadowSince !== undefined && day < drawn.days.length && hour - shadowSince === 24 * (day + 1)) {
      const { records: closed, today } = drawn.days[day++]!
      records.push(...closed)
      analysis = analyse({ members: devices, records, health: [], today }, rule)
      said.add(analysis.verdict)
    }
    for (let moves = 0; moves < 20 && !state.ended; moves++) {
      const counts = countMembers([
        { ...row, step: 0, state: 'succeeded', wanted: 'active', devices: state.told },
        { ...row, wanted: 'none', devices: FLEET - state.told - state.shadow },
        { ...row, wanted: 'shadow', devices: state.shadow },
      ])
      const { step, stepAt, proven } = state
      const move = nextMove({
        spec,
        step,
        stepAt,
        now,
        counts,
        analysis,
        comparable: true,
        proven,
        full: false,
        accepted: 0,
      })
      if (move.kind === 'wait') break
      if (move.kind === 'tell') state.told = move.devices
      else if (move.kind === 'next')
        Object.assign(state, { step: step + 1, stepAt: now, proven: move.proven ?? proven })
      else if (move.kind === 'shadow') {
        state.shadow = devices
        shadowSince = hour
      } else state.ended = true
      state.shadow = Math.min(state.shadow, FLEET - state.told)
      state.spread ||= state.told >= (PROOF_FROM_PERCENT / 100) * FLEET
    }
  }
  return { said: [...said], spread: state.spread }
}
