import type { Item } from '../../api/client.ts'

export type Happening = Item<'/v1/fleet/happenings'>
export type HappeningKind = Happening['kind']

/** Tells one from the others of a list. */
export const happeningId = ({ at, kind, what, key, name }: Happening): string => `${at} ${kind} ${what} ${key} ${name}`

const PLACES: Readonly<Partial<Record<HappeningKind, (key: string) => string>>> = {
  device: (key) => `/devices/${key}`,
  rollout: (key) => `/rollouts/${key}`,
  model: (key) => `/models/${key}`,
  alert: (key) => `/alerts/${key}`,
  task: (key) => `/data/tasks/${key}`,
}

/** What is said of it, behind its name where it has one. */
const SENTENCES: Readonly<Record<string, string>> = {
  'device enrolled': 'enrolled',
  'device retired': 'taken out of service',
  'device labelled': 'labels changed',
  'device token-replaced': 'token replaced',
  'device revoked': 'cut off: token and certificates withdrawn',
  'device fork': 'a second copy spoke as this device, and was quarantined',
  'device copy-accepted': 'quarantine lifted: a copy was made the device',
  'device copy-discarded': 'what was kept apart of a copy was thrown away',
  'device new-database': 'came with an empty database',
  'device restored-image': 'came back from an older image of itself',
  'device cloud-restored': 'found the cloud restored from a backup',
  'connection connected': 'connected',
  'connection went-away': 'went away',
  'certificate issued': 'certificate issued',
  'certificate renewed': 'certificate renewed',
  'certificate withdrawn': 'certificate withdrawn',
  'rollout started': 'rollout started',
  'rollout succeeded': 'rollout succeeded',
  'rollout failed': 'rollout failed',
  'rollout aborted': 'rollout aborted',
  'rollout undone': 'rollout undone',
  'rollout device-active': 'told it to serve',
  'rollout device-shadow': 'told it to try in shadow',
  'rollout device-none': 'ended its shadow',
  'rollout device-back': 'told it to go back',
  'rollout device-withdrawn': 'told it nothing more, since it was away',
  'rollout device-again': 'told it to try again',
  'rollout device-succeeded': 'it serves what it was told',
  'rollout device-failed': 'it failed, and keeps what it had',
  'rollout device-rolled-back': 'it served the version, and went back by itself',
  'rollout device-reverted': 'it is back at what it had',
  'rollout device-silent': 'it did not answer in time',
  'rollout device-offline': 'waits until it is connected',
  'rollout device-excluded': 'goes on without it',
  'model registered': 'registered',
  'model alias': 'alias moved',
  'alert fired': 'alert fired',
  'alert acknowledged': 'alert acknowledged',
  'alert resolved': 'alert resolved',
  'task opened': 'stewardship task opened',
  'task acknowledged': 'stewardship task acknowledged',
  'task assigned': 'stewardship task assigned',
  'task commented': 'stewardship task commented',
  'task closed': 'stewardship task closed',
  'gap dropped': 'records given up there for lack of space',
  'gap unaccounted': 'records that never came, and nobody knows why',
  'gap rejected': 'records refused',
  'gap undecodable': 'records that could not be read',
  'gap cloud-restored': 'records lost with a restore of the cloud',
  'support asked': 'support bundle asked for',
  'support received': 'support bundle received',
}

/** The page of what it happened to, where that has one. */
export const placeOf = ({ kind, key }: Happening): string | undefined => PLACES[kind]?.(key)

export const sentenceOf = ({ kind, what }: Happening): string => SENTENCES[`${kind} ${what}`] ?? what
