import type { RolloutInput } from '@storecast/shared/contracts'
import type { Behaviour } from '../../simulator/devices/simulated-device.ts'

type Verb = 'resume' | 'promote' | 'promote-full' | 'abort' | 'retry' | 'undo'

/** What a rollout has come to, when every device is connected and has said all it has to say. */
export interface End {
  readonly state: 'succeeded' | 'paused' | 'failed' | 'aborted' | 'undone'
  /** Percent of the devices that are told, the least number of devices that is at least so many. */
  readonly told: number
  /** What devices that were told serve then: the version that is rolled out, or what they had. */
  readonly sound: 'new' | 'old'
  /** The same of those told that are in trouble with it. */
  readonly troubled: 'new' | 'old'
}

/** A rollout of a model of its own, on the same devices as all others. */
export interface RolloutCase {
  readonly name: string
  /** Versions that devices had, the first device of the rollout the first of them, and so on in turns; null: none. */
  readonly had: readonly (number | null)[]
  readonly version: number
  /** One in so many devices is in trouble with the version; the others serve it. */
  readonly trouble?: { readonly behaviour: Exclude<Behaviour, 'serve'>; readonly oneIn: number }
  readonly spec: Partial<RolloutInput['spec']>
  /** What people do whenever it pauses. */
  readonly onPause?: Verb
  readonly ends: End
  /** What people do then, the trouble mended before where that is said, and what comes of it. */
  readonly next?: { readonly mended?: boolean; readonly verb: Verb; readonly ends: End }
}

const steps = [1, 5, 25, 100].map((setWeight) => ({ setWeight }))
const fewer = [5, 25, 100].map((setWeight) => ({ setWeight }))
const held = [{ setWeight: 5 }, { pause: {} }, { setWeight: 100 }]
const everywhere: End = { state: 'succeeded', told: 100, sound: 'new', troubled: 'old' }
const back = (state: End['state'], told: number): End => ({ state, told, sound: 'old', troubled: 'old' })
const oneIn = (n: number, behaviour: Exclude<Behaviour, 'serve'> = 'fail') => ({ behaviour, oneIn: n })

/** By the clock as it stands; all at once, with a share of the devices away at any moment. */
export const CASES: readonly RolloutCase[] = [
  { name: 'serves', had: [1], version: 2, spec: { steps }, ends: everywhere },
  { name: 'few-fail', had: [1], version: 2, trouble: oneIn(20), spec: { steps }, ends: everywhere },
  {
    ...{ name: 'few-roll-back', had: [1], version: 2, trouble: oneIn(20, 'roll-back'), spec: { steps } },
    ends: everywhere,
  },
  {
    ...{ name: 'many-fail', had: [1], version: 2, trouble: oneIn(5), spec: { steps: fewer } },
    ends: { state: 'paused', told: 5, sound: 'new', troubled: 'old' },
    next: { verb: 'abort', ends: back('aborted', 5) },
  },
  {
    ...{ name: 'many-fail-stops', had: [1], version: 2, trouble: oneIn(5) },
    ...{ spec: { steps: fewer, onFailure: 'abort' }, ends: back('failed', 5) },
  },
  {
    ...{ name: 'many-fail-accepted', had: [1], version: 2, trouble: oneIn(5) },
    ...{ spec: { steps: fewer }, onPause: 'resume', ends: everywhere },
  },
  {
    ...{ name: 'fail-at-first', had: [1], version: 2, trouble: oneIn(20), spec: { steps }, ends: everywhere },
    next: { mended: true, verb: 'retry', ends: { ...everywhere, troubled: 'new' } },
  },
  { name: 'resumed', had: [1], version: 2, spec: { steps: held }, onPause: 'resume', ends: everywhere },
  { name: 'aborted', had: [1], version: 2, spec: { steps: held }, onPause: 'abort', ends: back('aborted', 5) },
  {
    ...{ name: 'undone', had: [1, 2], version: 3, spec: { steps }, ends: everywhere },
    next: { verb: 'undo', ends: back('undone', 100) },
  },
  {
    ...{ name: 'first-undone', had: [null], version: 1, trouble: oneIn(20), spec: { steps }, ends: everywhere },
    next: { verb: 'undo', ends: back('undone', 100) },
  },
  {
    ...{ name: 'no-proof', had: [1], version: 2, spec: { evidence: 'required', steps: [{ setWeight: 5 }] } },
    ends: { state: 'succeeded', told: 5, sound: 'new', troubled: 'old' },
  },
  {
    ...{ name: 'no-proof-held', had: [1], version: 2 },
    spec: { evidence: 'required', steps: [{ setWeight: 5 }, { setCount: 100_000 }] },
    ends: { state: 'paused', told: 5, sound: 'new', troubled: 'old' },
    next: { verb: 'promote', ends: everywhere },
  },
  {
    ...{ name: 'to-all-by-a-person', had: [1], version: 2, trouble: oneIn(20) },
    spec: { evidence: 'required', steps: [{ setWeight: 5 }, { pause: {} }, { setWeight: 10 }] },
    ...{ onPause: 'promote-full', ends: everywhere },
  },
  {
    ...{ name: 'within-limits', had: [1], version: 2, trouble: oneIn(20) },
    spec: { concurrency: 200, disruption: { groupBy: 'region', maxUnavailable: '20%' } },
    ends: everywhere,
  },
  { name: 'no-late-joiners', had: [1], version: 2, spec: { lateJoiners: 'ignore' }, ends: everywhere },
]

/** With time that passes: 2 hours, then a day, then 8 days; one in 33 devices is away all the while, and then comes back. */
export const TIMED_CASES: readonly RolloutCase[] = [
  { name: 'few-stall', had: [1], version: 2, trouble: oneIn(20, 'stall'), spec: { deadline: '1h' }, ends: everywhere },
  {
    ...{ name: 'pauses-for-a-day', had: [1], version: 2 },
    ...{ spec: { steps: [{ setWeight: 5 }, { pause: { duration: '24h' } }, { setWeight: 100 }] }, ends: everywhere },
  },
  {
    ...{ name: 'waits-for-all', had: [1], version: 2, spec: { minSucceeded: 1, maxFailed: 0, offlineExpiry: '7d' } },
    ends: everywhere,
  },
]

const PEOPLE: Readonly<Record<Verb, string>> = {
  ...{ resume: 'resume', promote: 'promote', 'promote-full': 'promote --full' },
  ...{ abort: 'abort', retry: 'retry', undo: 'undo' },
}
const TROUBLE = { fail: 'fail', 'roll-back': 'roll back', stall: 'never get there' } as const

function specText({ steps: of = [{ setWeight: 100 }], ...spec }: RolloutCase['spec']): string {
  const each = of.map((step) => {
    if (step.setWeight !== undefined) return `${step.setWeight} %`
    if (step.setCount !== undefined) return `${step.setCount} devices`
    return step.pause?.duration === undefined ? 'pause' : `pause ${step.pause.duration}`
  })
  const rest = Object.entries(spec).map(([name, value]) => `\`${name}: ${flow(value)}\``)
  return [each.join(' → '), ...rest].join(', ')
}
const flow = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? `{ ${Object.entries(value)
        .map(([name, one]) => `${name}: ${one}`)
        .join(', ')} }`
    : String(value)

function endText({ state, told, sound, troubled }: End, trouble: RolloutCase['trouble']): string {
  const who = told === 100 ? 'all' : `the first ${told} %`
  const but = trouble && sound !== troubled ? ', but those in trouble' : ''
  const has = sound === 'new' ? `${who} serve it${but}` : `${who} told, all have what they had`
  return `**${state}**: ${has}`
}

function rowOf({ name, had, version, trouble, spec, onPause, ends, next }: RolloutCase): string {
  const cells = [
    name,
    `${had.map((one) => one ?? 'nothing').join(' or ')} → ${version}`,
    trouble ? `1 in ${trouble.oneIn} ${TROUBLE[trouble.behaviour]}` : '–',
    specText(spec),
    onPause ? PEOPLE[onPause] : '–',
    endText(ends, trouble),
    next ? `${next.mended ? 'mended, ' : ''}${PEOPLE[next.verb]}: ${endText(next.ends, trouble)}` : '–',
  ]
  return `| ${cells.join(' | ')} |`
}

/** The cases as docs/operator/rollouts.md has them. */
export function caseTable(cases: readonly RolloutCase[]): string {
  const head = ['case', 'versions', 'devices', 'steps and rules', 'on a pause', 'comes to', 'then']
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...cases.map(rowOf)].join('\n')
}
