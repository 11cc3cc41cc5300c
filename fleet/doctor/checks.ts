import type { TrustStatus } from '@storecast/cloud/trust'
import type { Got, Item } from '@storecast/shared/api'
import { type Finding, fail, ok, warn } from './findings.ts'

export type CloudStatus = Got<'/v1/status'>

/** A rollout as far as the doctor looks at it. */
export type OpenRollout = Pick<Item<'/v1/rollouts'>, 'name' | 'state' | 'reason'>

/** All that the doctor has asked for; the checks read nothing else. */
export interface Facts {
  /** Of this command line. */
  readonly version: string
  readonly status: CloudStatus
  /** By this machine's clock, at the middle of the call. */
  readonly here: number
  /** How long the cloud took to answer, in ms: the clocks cannot be compared closer. */
  readonly tookMs: number
  readonly trust: TrustStatus
  readonly rollouts: readonly OpenRollout[]
  readonly policies: readonly string[]
  readonly silentHours: number
}

const DAY_MS = 86_400_000
/** A certificate or a signature that ends sooner: time to act, and high time. */
const SOON_MS = 30 * DAY_MS
const NOW_MS = 7 * DAY_MS
/** Tokens and metadata are judged by the second; further apart, errors name the wrong cause. */
const SKEW_WARN_MS = 5_000
const SKEW_FAIL_MS = 60_000

const CHECKS: readonly ((facts: Facts) => Finding | readonly Finding[])[] = [
  versions,
  agents,
  clocks,
  migrations,
  broker,
  objects,
  certificates,
  trust,
  devices,
  rollouts,
  policies,
]

/** What the facts mean, in the order in which an operator would look. */
export const examineCloud = (facts: Facts): Finding[] => CHECKS.flatMap((check) => check(facts))

function versions({ version, status }: Facts): Finding {
  const found = `this command line is ${version}, the cloud ${status.version}`
  const [ours, theirs] = [version, status.version].map((one) => one.split('.').slice(0, 2).join('.'))
  return ours === theirs ? ok('version', found) : warn('version', found, 'run the command line of the cloud’s release')
}

function agents({ status }: Facts): Finding {
  const total = status.agents.reduce((sum, { devices }) => sum + devices, 0)
  const other = status.agents.filter(({ version }) => version !== status.version)
  const said = status.agents.map(({ version, devices }) => `${devices} × ${version}`).join(', ')
  if (total === 0) return ok('agents', 'no device has reported yet')
  if (other.length === 0) return ok('agents', said)
  return warn(
    'agents',
    `${said}; the cloud is ${status.version}`,
    'update the agents, or finish an update that is under way',
  )
}

function clocks({ here, tookMs, status }: Facts): Finding {
  const skew = status.now - here
  const apart = Math.max(0, Math.abs(skew) - tookMs / 2)
  const found = `${(Math.abs(skew) / 1000).toFixed(1)} s apart`
  const advice = `this machine is ${skew > 0 ? 'behind' : 'ahead of'} the cloud: set up NTP on the one that is wrong`
  if (apart > SKEW_FAIL_MS) return fail('clock', found, advice)
  return apart > SKEW_WARN_MS ? warn('clock', found, advice) : ok('clock', found)
}

function migrations({ status }: Facts): Finding {
  const { applied, missing, unknown } = status.migrations
  if (unknown.length > 0) {
    return fail(
      'database',
      `a newer program has migrated it (${unknown.join(', ')})`,
      'stop the older clouds on this database, and run the newer version everywhere',
    )
  }
  if (missing.length > 0) {
    return fail(
      'database',
      `migrations ${missing.join(', ')} are missing`,
      'restart the cloud: it applies them as it starts',
    )
  }
  return ok('database', `answers; ${applied} migrations, none missing`)
}

function broker({ status }: Facts): Finding {
  if (status.broker === 'ok') return ok('broker', 'the cloud is connected')
  return fail(
    'broker',
    'the cloud is not connected',
    'see that the broker runs and that MQTT_URL names it; devices keep what they have meanwhile',
  )
}

function objects({ status }: Facts): Finding {
  const { checked, lost, error } = status.objects
  if (error !== null) {
    return fail(
      'objects',
      `the store does not answer: ${error}`,
      'look at the objects’ folder or at S3 and its credentials',
    )
  }
  if (lost.length > 0) {
    return fail(
      'objects',
      `${lost.join(', ')}: the bundle is gone or not whole`,
      'restore the objects from the backup; devices cannot fetch these',
    )
  }
  return ok(
    'objects',
    checked === 0 ? 'the store answers; it has no bundle yet' : `the ${checked} newest bundles are whole`,
  )
}

function certificates({ status }: Facts): Finding[] {
  const { authority, listeners } = status.certificates
  return [
    expiry(
      'authority',
      authority,
      status.now,
      'make a new authority in time: every device has to enrol again under it',
    ),
    expiry('listeners', listeners, status.now, 'restart the cloud: it makes new ones'),
  ]
}

function expiry(check: string, at: number, now: number, advice: string): Finding {
  const days = Math.floor((at - now) / DAY_MS)
  const found = days < 0 ? `expired ${-days} days ago` : `good for ${days} days`
  if (at - now < NOW_MS) return fail(check, found, advice)
  return at - now < SOON_MS ? warn(check, found, advice) : ok(check, found)
}

function trust({ trust, status }: Facts): Finding[] {
  const found = `${trust.mode}: ${trust.message}`
  const state =
    trust.state !== 'ready'
      ? fail('trust', found, '"storecast trust status" says who signs for what; docs/operator/key-ceremony.md how')
      : trust.mode === 'development'
        ? warn('trust', found, 'hold the key ceremony (docs/operator/key-ceremony.md) before devices matter')
        : ok('trust', found)
  const roles = (['root', 'targets'] as const).flatMap((role) => {
    const one = trust[role]
    // A cloud in development mode signs for itself, and renews by itself.
    if (!one || trust.mode === 'development') return []
    return expiry(`trust ${role}`, one.expires, status.now, 'sign it anew: storecast trust renew, sign, push')
  })
  return [state, ...roles]
}

function devices({ status, silentHours }: Facts): Finding {
  const { enrolled, online, silent, silentNames } = status.devices
  const found = `${online} of ${enrolled} online`
  if (silent === 0) return ok('devices', found)
  const more = silent > silentNames.length ? ` and ${silent - silentNames.length} more` : ''
  const said = `${found}; ${silent} silent for ${silentHours} h: ${silentNames.join(', ')}${more}`
  const advice = 'look at their power and network; "storecast-agent doctor" on the device says what it lacks'
  return silent === enrolled ? fail('devices', said, advice) : warn('devices', said, advice)
}

function rollouts({ rollouts }: Facts): Finding | Finding[] {
  if (rollouts.length === 0) return ok('rollouts', 'none under way')
  const held = rollouts.filter(({ state }) => state === 'paused')
  if (held.length === 0) return ok('rollouts', `${rollouts.length} under way, none held`)
  return held.map(({ name, reason }) =>
    warn(
      'rollouts',
      `${name} is held: ${reason ?? 'by a person'}`,
      `storecast rollout status ${name}, then resume, promote or abort it`,
    ),
  )
}

function policies({ policies }: Facts): Finding {
  if (policies.length > 0) return ok('policies', `in force: ${policies.join(', ')}`)
  return warn('policies', 'none is in force: any version goes anywhere', 'storecast apply -f fleet/policies')
}
