import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { rolloutOf } from '@storecast/cloud/test/rollout'
import { type RolloutCloud, rolloutCloud } from '@storecast/cloud/test/rollout-cloud'
import { RolloutDocument } from '@storecast/shared/contracts'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { DeviceFleet } from '../../simulator/devices/device-fleet.ts'
import type { Behaviour } from '../../simulator/devices/simulated-device.ts'
import { CASES, caseTable, type End, type RolloutCase, TIMED_CASES } from './cases.ts'

/** 2,000 and 50 in the long form, `npm run test:rollouts`. */
const DEVICES = Number(process.env.ROLLOUT_DEVICES ?? 200)
const KILLS = Number(process.env.ROLLOUT_KILLS ?? 6)
/** Controllers at once, each killed by itself. */
const CONTROLLERS = 2
const TIMEOUT = Number(process.env.ROLLOUT_MINUTES ?? 4) * 60_000

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}-${n}`)
const SITES = names('region', 8)
const MEMBERS = names('shop', DEVICES)
const LATE = names('late', Math.ceil(DEVICES / 20))
const HOUR = 3_600_000
/** What devices have before a case begins. */
const BEFORE: End = { state: 'succeeded', told: 0, sound: 'old', troubled: 'old' }

it('has its table of cases in the operators’ page', async () => {
  const page = await readFile(new URL('../../../docs/operator/rollouts.md', import.meta.url), 'utf8')
  // The formatter pads cells.
  const unpadded = page.replaceAll(/ +\|/g, ' |').replaceAll(/ -+ (?=\|)/g, ' --- ')
  expect(unpadded).toContain(caseTable(CASES))
  expect(unpadded).toContain(caseTable(TIMED_CASES))
})

const stack = new AsyncDisposableStack()
let cloud: RolloutCloud
let fleet: DeviceFleet
let kills = 0
const began = performance.now()
const mended = new Set<string>()
beforeAll(async () => {
  cloud = stack.use(await rolloutCloud())
  fleet = stack.use(new DeviceFleet())
  await cloud.enrol(MEMBERS, SITES)
  for (const one of [...CASES, ...TIMED_CASES]) {
    await cloud.model(one.name, one.version)
    for (const version of new Set(one.had)) {
      const having = ranked(one).filter((_, rank) => hadAt(one, rank) === version)
      if (version !== null) await cloud.assign(one.name, version, having)
    }
  }
})
afterAll(() => stack.disposeAsync())

/** Devices in the order in which a rollout tells them, worked out apart from the cloud: by SHA-256 of its name and theirs. */
const ranked = ({ name }: RolloutCase) => {
  const hash = (device: string) => createHash('sha256').update(`${name}/${device}`).digest('hex')
  return MEMBERS.map((device) => [hash(device), device] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, device]) => device)
}
const hadAt = ({ had }: RolloutCase, rank: number) => had[rank % had.length]!
const inTrouble = ({ trouble }: RolloutCase, rank: number) => trouble !== undefined && rank % trouble.oneIn === 2

const troubles = new Map(
  [...CASES, ...TIMED_CASES].map((one) => [one.name, new Set(ranked(one).filter((_, rank) => inTrouble(one, rank)))]),
)
const behaviourOf = (device: string, model: string, version: number): Behaviour => {
  const one = [...CASES, ...TIMED_CASES].find(({ name }) => name === model)!
  const troubled = version === one.version && troubles.get(model)!.has(device) && !mended.has(model)
  return troubled ? one.trouble!.behaviour : 'serve'
}
const addDevices = (ids: readonly string[]) =>
  fleet.add(
    ids.map((id) => ({
      ...{ id, site: 'region-0', token: `token-${id}`, url: cloud.brokerUrl, now: cloud.clock.now, worksMs: 100 },
      behaviour: (model: string, version: number) => behaviourOf(id, model, version),
    })),
  )

/** The version that each device serves at the end. */
function expected(
  one: RolloutCase,
  { state, told, sound, troubled }: End,
  late: boolean,
): Record<string, number | undefined> {
  const count = Math.ceil((told / 100) * DEVICES)
  const members = ranked(one).map((device, rank) => {
    const version = rank < count && (inTrouble(one, rank) ? troubled : sound) === 'new' ? one.version : hadAt(one, rank)
    return [device, version ?? undefined]
  })
  const joins = late && state === 'succeeded' && sound === 'new' && one.spec.lateJoiners !== 'ignore'
  const later = late ? LATE.map((device) => [device, joins ? one.version : undefined]) : []
  return Object.fromEntries([...members, ...later])
}

const standing = async (name: string) => (await cloud.rollouts.get(name)).state
const start = (one: RolloutCase) =>
  cloud.rollouts.start(
    RolloutDocument.parse(rolloutOf(`models:/${one.name}/${one.version}`, { name: one.name, ...one.spec })),
    'tester',
  )

/** Does what people do on a pause, until the rollout is where it ends. */
async function until(one: RolloutCase, state: End['state']): Promise<void> {
  await vi.waitFor(
    async () => {
      const now = await standing(one.name)
      if (now === 'paused' && one.onPause && now !== state) await cloud.rollouts.act(one.name, one.onPause, 'tester')
      expect([one.name, now]).toEqual([one.name, state])
    },
    { timeout: TIMEOUT, interval: 200 },
  )
}

/** While it lasts, controllers carry rollouts on; they are killed and started again, so often at least. */
async function whileKilled<T>(least: number, work: () => Promise<T>): Promise<T> {
  const enough = kills + least
  const done = new AbortController()
  const controller = async () => {
    while (!done.signal.aborted || kills < enough) {
      const child = await cloud.controller()
      const lives = kills < enough ? 50 + Math.random() ** 2 * 3000 : TIMEOUT
      await delay(lives, undefined, { signal: done.signal }).catch(() => {})
      kills += await killed(child)
    }
  }
  const running = Array.from({ length: CONTROLLERS }, controller)
  try {
    return await work()
  } finally {
    done.abort()
    await Promise.all(running)
  }
}
async function killed(child: ChildProcess): Promise<number> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  const [, signal] = await ended
  return signal === 'SIGKILL' ? 1 : 0
}
/** The same with a third of the devices away at any moment. */
async function whileAway<T>(devices: readonly string[], work: () => Promise<T>): Promise<T> {
  const done = new AbortController()
  // A large fleet's network does not come and go all at once: about 8 devices a second come back.
  const awayMs = Math.max(1500, 40 * (DEVICES - 200))
  const away = fleet.churn(devices, { away: 0.3, awayMs, random: Math.random }, done.signal)
  try {
    return await work()
  } finally {
    done.abort()
    await away
  }
}

/** Each device comes to serve what it should. */
async function serve(cases: readonly RolloutCase[], endOf: (one: RolloutCase) => End, late: boolean): Promise<void> {
  for (const one of cases) {
    await vi.waitFor(
      () => expect(Object.fromEntries(fleet.serving(one.name))).toEqual(expected(one, endOf(one), late)),
      { timeout: TIMEOUT, interval: 200 },
    )
  }
}

/** The cloud counts what the devices say. */
async function count(cases: readonly RolloutCase[], endOf: (one: RolloutCase) => End): Promise<void> {
  for (const one of cases) {
    const end = endOf(one)
    const isBack = end.state !== 'paused' && end.sound === 'old'
    const serving = [...fleet.serving(one.name).values()].filter((version) => version === one.version).length
    await vi.waitFor(
      async () => {
        const { state, counts } = await cloud.rollouts.get(one.name)
        const { told, pending, updating, offline, reverting, reverted, succeeded } = counts
        const [found, should] = isBack ? [reverted, told] : [succeeded, serving]
        expect([one.name, state, pending + updating + offline + reverting, found]).toEqual([
          one.name,
          end.state,
          0,
          should,
        ])
      },
      { timeout: TIMEOUT, interval: 200 },
    )
  }
}

/** What the controllers wrote down, each move once. */
async function movesOf(name: string): Promise<string[]> {
  const { items } = await cloud.rollouts.history(name, { limit: 100 })
  return items.filter(({ who }) => who === 'controller').map(({ what }) => what)
}

const endOf = ({ ends }: RolloutCase) => ends
const lastOf = (one: RolloutCase) => (one.next ?? one).ends

it('comes to what the table says, whatever is away, fails, or is killed', { timeout: 3 * TIMEOUT }, async () => {
  await addDevices(MEMBERS)
  await whileKilled(0, async () => {
    await serve([...CASES, ...TIMED_CASES], () => BEFORE, false)
    await vi.waitFor(() => expect(fleet.isHeard).toBe(true), { timeout: TIMEOUT, interval: 200 })
  })

  await whileKilled(Math.ceil(KILLS / 2), async () => {
    await whileAway(MEMBERS, async () => {
      await Promise.all(CASES.map(start))
      await Promise.all(CASES.map((one) => until(one, one.ends.state)))
    })
    await serve(CASES, endOf, false)
    await count(CASES, endOf)
  })

  await cloud.enrol(LATE, SITES)
  await addDevices(LATE)
  await whileKilled(Math.ceil(KILLS / 4), async () => {
    await whileAway(MEMBERS, async () => {
      for (const { name, next } of CASES) {
        if (next?.mended) mended.add(name)
        if (next) await cloud.rollouts.act(name, next.verb, 'tester')
      }
      await Promise.all(CASES.map((one) => until(one, lastOf(one).state)))
    })
    await serve(CASES, lastOf, true)
    await count(CASES, lastOf)
  })
  for (const { name } of CASES) {
    const forward = (await movesOf(name)).filter((what) => /^(next|succeed|stop)/.test(what))
    expect([name, forward]).toEqual([name, [...new Set(forward)]])
  }
})

it('comes to it as time passes, too', { timeout: 3 * TIMEOUT }, async () => {
  const [stalls, pauses, waits] = TIMED_CASES as [RolloutCase, RolloutCase, RolloutCase]
  const all = [...MEMBERS, ...LATE]
  const gone = MEMBERS.filter((_, n) => n % 33 === 7)
  const here = all.filter((device) => !gone.includes(device))
  const sound = (one: RolloutCase) => here.filter((device) => !troubles.get(one.name)!.has(device)).length
  const counted = (one: RolloutCase, counts: object) =>
    vi.waitFor(async () => expect((await cloud.rollouts.get(one.name)).counts).toMatchObject(counts), {
      ...{ timeout: TIMEOUT, interval: 200 },
    })
  const first = Math.ceil(0.05 * all.length)
  await fleet.disconnect(gone)
  await whileKilled(Math.ceil(KILLS / 8), async () => {
    await whileAway(here, () => Promise.all(TIMED_CASES.map(start)))
    await counted(stalls, { succeeded: sound(stalls), offline: gone.length })
    await counted(waits, { succeeded: here.length, offline: gone.length })
    await vi.waitFor(async () => expect((await cloud.rollouts.get(pauses.name)).step).toBe(1), { timeout: TIMEOUT })
  })
  expect(await Promise.all(TIMED_CASES.map(({ name }) => standing(name)))).toEqual(['running', 'running', 'running'])

  cloud.clock.advance(2 * HOUR)
  await whileKilled(Math.ceil(KILLS / 16), async () => {
    await until(stalls, 'succeeded')
    await counted(stalls, { silent: here.length - sound(stalls) })
    await counted(pauses, { untold: all.length - first })
  })
  cloud.clock.advance(24 * HOUR)
  await whileKilled(Math.ceil(KILLS / 16), () => until(pauses, 'succeeded'))
  expect(await standing(waits.name)).toBe('running')
  // What waits for devices that are away is given up, and they stay what they are.
  cloud.clock.advance(8 * 24 * HOUR)
  await whileKilled(Math.ceil(KILLS / 16), async () => {
    await until(waits, 'succeeded')
    for (const one of TIMED_CASES) await counted(one, { excluded: gone.length, offline: 0 })
    await fleet.connect(gone)
    const away = new Set(gone)
    for (const one of TIMED_CASES) {
      const versions = Object.entries(expected(one, one.ends, true))
      const should = Object.fromEntries(versions.map(([id, version]) => [id, away.has(id) ? 1 : version]))
      await vi.waitFor(() => expect(Object.fromEntries(fleet.serving(one.name))).toEqual(should), {
        ...{ timeout: TIMEOUT, interval: 200 },
      })
    }
  })
  if (process.env.ROLLOUT_KILLS) {
    const seconds = Math.round((performance.now() - began) / 1000)
    process.stderr.write(
      `${DEVICES} devices, ${CASES.length + TIMED_CASES.length} rollouts, ${kills} kills, ${seconds} s\n`,
    )
  }
})
