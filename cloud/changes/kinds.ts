import type { Permission } from '../people/index.ts'

interface Kind {
  /** Who may hear of it. */
  readonly permission: Permission
  /**
   * What those hear who are limited to some sites, of a change that is of no one site: `all` of it, as of a model; that there
   * was one and not of `what`, as of a rollout; or `nothing`.
   */
  readonly limited: 'all' | 'that' | 'nothing'
}

/** What changes are told of. */
export const KINDS = {
  site: { permission: 'site.read', limited: 'nothing' },
  device: { permission: 'device.read', limited: 'nothing' },
  /** Something that happened on a device. */
  event: { permission: 'telemetry.read', limited: 'nothing' },
  /** Of a device: what it suggested, what staff chose, what came of it. */
  decision: { permission: 'telemetry.read', limited: 'nothing' },
  claim: { permission: 'claim.read', limited: 'nothing' },
  group: { permission: 'group.read', limited: 'all' },
  model: { permission: 'model.read', limited: 'all' },
  trust: { permission: 'trust.read', limited: 'all' },
  policy: { permission: 'policy.read', limited: 'all' },
  training: { permission: 'training.read', limited: 'that' },
  rollout: { permission: 'rollout.read', limited: 'that' },
  monitoring: { permission: 'telemetry.read', limited: 'that' },
  dataset: { permission: 'dataset.read', limited: 'all' },
  task: { permission: 'task.read', limited: 'nothing' },
  alert: { permission: 'alert.read', limited: 'nothing' },
  /** A rule, or a route. */
  'alert-rule': { permission: 'alert.read', limited: 'nothing' },
  silence: { permission: 'alert.read', limited: 'nothing' },
} as const satisfies Readonly<Record<string, Kind>>
export type ChangeKind = keyof typeof KINDS

export const CHANGE_KINDS = Object.keys(KINDS) as readonly ChangeKind[]

/** Not told: somebody may see less from now on, and whoever watches is looked at again. */
export const ACCESS = 'access'
