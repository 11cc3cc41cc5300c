import type { ReportedState } from '@storecast/shared/contracts'

/**
 * Where a device is on its way to the version:
 * - `active`: it serves it.
 * - `failed`: it tried and went back.
 * - `updating`: it is at it.
 * - `pending`: it is connected and has not begun.
 * - `offline`: it is not connected; it will begin when it is.
 * - `superseded`, `retired`: no longer the rollout's affair, and in no share.
 */
export const DEVICE_STATES = ['active', 'failed', 'updating', 'pending', 'offline', 'superseded', 'retired'] as const
export type DeviceState = (typeof DEVICE_STATES)[number]

export interface DeviceFacts {
  /** What the rollout wants it to run. */
  readonly model: string
  readonly version: number
  /** Generation of the desired state that says so. */
  readonly generation: number
  /** What its newest desired state wants of the model. */
  readonly desiredVersion: number | null
  readonly retired: boolean
  readonly online: boolean
  readonly reported: ReportedState | undefined
}

export function deviceState(facts: DeviceFacts): { state: DeviceState; reason?: string } {
  const { model, version, generation, desiredVersion, retired, online, reported } = facts
  if (retired) return { state: 'retired' }
  if (desiredVersion !== version) return { state: 'superseded' }
  const report = reported?.models[model]
  if (report?.active === version) return { state: 'active' }
  const heard = (reported?.generation ?? 0) >= generation
  const failed = report?.phase === 'failed' || report?.phase === 'rolled-back'
  if (heard && failed) {
    const { code = report.phase, message = '' } = report.error ?? {}
    return { state: 'failed', reason: message ? `${code}: ${message}` : code }
  }
  if (!online) return { state: 'offline' }
  return { state: heard && report?.target === version ? 'updating' : 'pending' }
}

/** How many devices are in each state, and the two denominators. */
export type RolloutCounts = Readonly<Record<DeviceState, number>> & {
  /** Every device that the rollout began with. */
  readonly devices: number
  /** Those that still count: all but superseded and retired ones. Shares are of these. */
  readonly counted: number
}

export function countStates(states: Iterable<DeviceState>): RolloutCounts {
  const counts = Object.fromEntries(DEVICE_STATES.map((state) => [state, 0])) as Record<DeviceState, number>
  let devices = 0
  for (const state of states) {
    counts[state]++
    devices++
  }
  return { ...counts, devices, counted: devices - counts.superseded - counts.retired }
}

export interface RolloutRule {
  /** Share of the counted devices that must be active, 0 to 1. */
  readonly minimumActive: number
  /** Null: waits for as long as it takes. */
  readonly timeoutMs: number | null
}

export type Verdict =
  | { readonly state: 'running' }
  | { readonly state: 'succeeded' | 'failed'; readonly reason: string }

/**
 * Whether a rollout is over. It succeeds when enough devices are active and no connected one is still on its way; it
 * fails when too many failed for that, or when its time is over. Devices that are away decide nothing: where they are
 * needed, it waits.
 */
export function verdict(counts: RolloutCounts, { minimumActive, timeoutMs }: RolloutRule, elapsedMs: number): Verdict {
  const { active, failed, updating, pending, counted, devices } = counts
  const of = `of ${counted} devices${counted < devices ? ` (${devices - counted} of ${devices} left out)` : ''}`
  if (counted === 0) return { state: 'failed', reason: `none left: all ${devices} devices are superseded or retired` }
  const needed = Math.max(1, Math.ceil(minimumActive * counted - 1e-9))
  if (failed > counted - needed) return { state: 'failed', reason: `${failed} ${of} failed; ${needed} had to succeed` }
  if (active >= needed && updating + pending === 0) return { state: 'succeeded', reason: `${active} ${of} are active` }
  if (timeoutMs === null || elapsedMs < timeoutMs) return { state: 'running' }
  if (active >= needed) return { state: 'succeeded', reason: `${active} ${of} were active when its time was over` }
  return { state: 'failed', reason: `only ${active} ${of} were active when its time was over; ${needed} had to be` }
}
