/** What things happened to. `model` is the fleet's alone; `connection`, `certificate`, `event`, `support` and `gap` are a device's. */
export const HAPPENING_KINDS = [
  'device',
  'connection',
  'certificate',
  'rollout',
  'model',
  'alert',
  'task',
  'event',
  'gap',
  'support',
] as const
export type HappeningKind = (typeof HAPPENING_KINDS)[number]

/** Something that happened in the fleet or to a device. */
export interface Happening {
  readonly at: number
  readonly kind: HappeningKind
  /** A verb: `enrolled`, `succeeded`, `registered`, `fired`, `opened`; of an event its code, of a gap its cause. */
  readonly what: string
  /** Id of the thing, as its own route takes it; of a model its name. */
  readonly key: string
  /** As people call it. */
  readonly name: string
  readonly site: string | null
  /** More of it, for people. */
  readonly detail: string
  /** Of alerts and events. */
  readonly severity: string | null
  /** The person who did it, where one did and the caller may know. */
  readonly who: string | null
}

/**
 * A query of `at`, kind, what, key, name, site, detail, severity and who; rows without a time are left out. Its parameters: 1 the
 * limit by labels, 2 the device, 3 whether the audit log may be read, 11 the device's site.
 */
export interface Source {
  readonly kind: HappeningKind
  readonly sql: string
}
