import { RolloutDocument, type RolloutInput } from '@storecast/shared/contracts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { rolloutOf } from '../test/rollout.ts'
import type { Rollout, Rollouts } from './rollouts.ts'
import { type TestFleet, testFleet } from './test/fleet.ts'

const stack = new AsyncDisposableStack()
let fleet: TestFleet
let rollouts: Rollouts
beforeAll(async () => {
  fleet = stack.use(await testFleet())
  // Two clouds on one database.
  rollouts = stack.use(await fleet.openRollouts())
  stack.use(await fleet.openRollouts())
})
afterAll(() => stack.disposeAsync())

const HOUR = 3_600_000
const names = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}-${n}`)
type Spec = Partial<RolloutInput['spec']> & { name?: string }
const begin = (name: string, version: number, spec: Spec = {}) =>
  rollouts.start(
    RolloutDocument.parse(
      rolloutOf(`models:/${name}/${version}`, {
        name: `${name}-${version}`,
        selector: { labels: { fleet: name } },
        ...spec,
      }),
    ),
    'tester',
  )
/** Devices answer until the rollout is as expected. */
const until = (which: string, check: (rollout: Rollout) => void | Promise<void>): Promise<Rollout> =>
  vi.waitFor(
    async () => {
      await fleet.answer()
      const rollout = await rollouts.get(which)
      await check(rollout)
      return rollout
    },
    { timeout: 30_000, interval: 20 },
  )
const untilState = (which: string, state: Rollout['state']) =>
  until(which, (rollout) => expect(rollout).toMatchObject({ state }))
/** What the device was told by rollouts and came to, in order. */
const storyOf = async (device: string) => {
  const { rows } = await fleet.pool.query<{ name: string; what: string; step: number | null }>(
    `SELECT r.name, h.what, h.step FROM rollout_device_history h JOIN rollouts r ON r.id = h.rollout WHERE h.device = $1 ORDER BY h.id`,
    [device],
  )
  return rows.map(({ name, what, step }) => `${name} ${what} ${step ?? '-'}`)
}
const act = (which: string, verb: Parameters<Rollouts['act']>[1]) => rollouts.act(which, verb, 'tester')
/** Devices that serve a version before the rollout, and a model with three. */
async function ready(name: string, count: number): Promise<string[]> {
  await fleet.model(name, 3)
  const devices = names(name, count)
  await fleet.enrol(devices)
  await begin(name, 1)
  await untilState(`${name}-1`, 'succeeded')
  return devices
}
const serving = async (name: string): Promise<(number | null)[]> =>
  Object.entries(await fleet.serving(name)).flatMap(([device, version]) =>
    device.startsWith(`${name}-`) ? [version] : [],
  )
const tally = (versions: readonly (number | null)[]) =>
  Object.fromEntries([...Map.groupBy(versions, String)].map(([version, of]) => [version, of.length]))

describe('a rollout by steps', () => {
  it('tells its share of devices, waits for them, and sets the alias at the end', async () => {
    await ready('steps', 10)
    await begin('steps', 2, {
      steps: [{ setWeight: 10 }, { pause: {} }, { setCount: 5 }, { setWeight: 100 }],
      alias: 'champion',
    })
    const paused = await untilState('steps-2', 'paused')
    expect(paused).toMatchObject({ step: 1, counts: { devices: 10, told: 1, succeeded: 1, untold: 9 } })
    expect(paused.reason).toContain('until somebody resumes it')
    expect(tally(await serving('steps'))).toEqual({ 1: 9, 2: 1 })
    const found = async (filter: Partial<Parameters<Rollouts['list']>[0]>) =>
      (await rollouts.list({ limit: 10, model: 'steps', ...filter })).items.map(({ name }) => name)
    expect(await found({})).toEqual(['steps-2', 'steps-1'])
    expect(await found({ states: ['paused', 'failed'] })).toEqual(['steps-2'])
    expect(await found({ version: 1 })).toEqual(['steps-1'])
    const devices = (await rollouts.devices('steps-2', { limit: 20 })).items
    const at = ({ step, desiredVersion, servingVersion }: (typeof devices)[number]) =>
      JSON.stringify({ step, desiredVersion, servingVersion })
    expect(Object.fromEntries([...Map.groupBy(devices, at)].map(([where, of]) => [where, of.length]))).toEqual({
      [JSON.stringify({ step: 0, desiredVersion: 2, servingVersion: 2 })]: 1,
      [JSON.stringify({ step: null, desiredVersion: 1, servingVersion: 1 })]: 9,
    })
    expect((await rollouts.devices('steps-2', { limit: 20, differs: true })).items).toEqual([])
    await act('steps-2', 'resume')
    const over = await untilState('steps-2', 'succeeded')
    expect(over).toMatchObject({
      counts: { told: 10, succeeded: 10 },
      reason: '10 of 10 devices told serve the version',
    })
    expect(tally(await serving('steps'))).toEqual({ 2: 10 })
    const { rows } = await fleet.pool.query("SELECT alias, version FROM model_aliases WHERE model = 'steps'")
    expect(rows).toEqual([{ alias: 'champion', version: 2 }])
    const { items } = await rollouts.history('steps-2', { limit: 50 })
    expect(items.map(({ who, what }) => `${who}: ${what}`)).toEqual([
      'controller: succeed at step 5',
      'controller: next at step 4',
      'controller: next at step 3',
      'tester: resume',
      'controller: hold at step 2',
      'controller: next at step 1',
      'tester: start',
    ])
  })

  it('waits for as long as a pause says', async () => {
    await ready('timed', 2)
    await begin('timed', 2, { steps: [{ setCount: 1 }, { pause: { duration: '2h' } }, { setWeight: 100 }] })
    const waiting = await until('timed-2', ({ step }) => expect(step).toBe(1))
    expect(waiting.state).toBe('running')
    fleet.clock.advance(HOUR)
    await act('timed-2', 'pause')
    await act('timed-2', 'resume')
    expect((await rollouts.get('timed-2')).step).toBe(1)
    fleet.clock.advance(HOUR)
    await untilState('timed-2', 'succeeded')
  })

  it('pauses when too many fail, goes on with those, and has them try again', async () => {
    const devices = await ready('fails', 10)
    fleet.behave(devices.slice(0, 2), 'fail')
    fleet.behave([devices[2]!], 'roll-back')
    await begin('fails', 2, { maxFailed: 0.2 })
    const held = await untilState('fails-2', 'paused')
    expect(held).toMatchObject({ counts: { told: 10, succeeded: 7, failed: 2, rolledBack: 1 } })
    expect(held.reason).toMatch(/3 of 10 devices told: 2 failed, 1 rolled back, 0 silent; at most 20 % may/)
    const failed = await rollouts.devices('fails-2', { limit: 10, state: 'failed' })
    expect(failed.items.map(({ device, reason }) => [device, reason])).toEqual([
      ['fails-0', 'failed'],
      ['fails-1', 'failed'],
    ])
    const differing = await rollouts.devices('fails-2', { limit: 10, differs: true })
    expect(differing.items.map((one) => [one.device, one.desiredVersion, one.servingVersion, one.phase])).toEqual([
      ['fails-0', 2, 1, 'failed'],
      ['fails-1', 2, 1, 'failed'],
      ['fails-2', 2, 1, 'rolled-back'],
    ])
    await act('fails-2', 'resume')
    expect((await untilState('fails-2', 'succeeded')).counts).toMatchObject({ succeeded: 7, failed: 2, rolledBack: 1 })
    fleet.behave(devices, 'serve')
    await act('fails-2', 'retry')
    await until('fails-2', ({ counts }) => expect(counts).toMatchObject({ succeeded: 10, failed: 0, rolledBack: 0 }))
    expect(tally(await serving('fails'))).toEqual({ 2: 10 })
    expect(await storyOf('fails-0')).toEqual([
      ...['fails-1 active 0', 'fails-1 succeeded 0'],
      ...['fails-2 active 0', 'fails-2 failed 0', 'fails-2 again 0', 'fails-2 succeeded 0'],
    ])
    expect(await storyOf('fails-2')).toContain('fails-2 rolled-back 0')
  })

  it('holds a silent device for failed, and lets one that is away wait until its time is over', async () => {
    const [first, away] = await ready('quiet', 3)
    fleet.behave([first!], 'say-nothing')
    await fleet.connect([away!], false)
    await begin('quiet', 2, { deadline: '1h', offlineExpiry: '2d', maxFailed: 0 })
    await until('quiet-2', ({ counts }) => expect(counts).toMatchObject({ succeeded: 1, pending: 1, offline: 1 }))
    // What waits for the one that is away, and until when.
    const waits = { device: away, rollout: 'quiet-2', model: 'quiet', action: 'serve', version: 2 }
    const since = fleet.clock.now()
    const queue = async () => (await rollouts.queue({ limit: 10, rollout: 'quiet-2' })).items
    expect(await queue()).toMatchObject([{ ...waits, since, expiresAt: since + 48 * HOUR }])
    expect((await rollouts.queue({ limit: 10, device: away })).items).toHaveLength(1)
    expect((await rollouts.queue({ limit: 10, device: first })).items).toEqual([])
    fleet.clock.advance(HOUR)
    const held = await untilState('quiet-2', 'paused')
    expect(held.counts).toMatchObject({ silent: 1, offline: 1, succeeded: 1 })
    fleet.behave([first!], 'serve')
    await act('quiet-2', 'resume')
    await until('quiet-2', ({ counts }) => expect(counts).toMatchObject({ silent: 0, offline: 1, succeeded: 2 }))
    fleet.clock.advance(48 * HOUR)
    await untilState('quiet-2', 'succeeded')
    await until('quiet-2', ({ counts }) =>
      expect(counts).toMatchObject({ devices: 3, told: 2, succeeded: 2, excluded: 1 }),
    )
    expect(await queue()).toEqual([])
    // What was queued for it is withdrawn: when it comes back it stays what it is.
    await fleet.connect([away!], true)
    await until('quiet-2', ({ counts }) => expect(counts.excluded).toBe(1))
    expect((await fleet.serving('quiet'))[away!]).toBe(1)
    expect((await storyOf(away!)).slice(2)).toEqual([
      ...['quiet-2 active 0', 'quiet-2 offline 0', 'quiet-2 excluded 0', 'quiet-2 withdrawn 0'],
    ])
    expect(await storyOf(first!)).toContain('quiet-2 silent 0')
  })

  it('tells no more at once than its limits allow', async () => {
    await ready('limits', 8)
    await fleet.enrol(names('limits', 12).slice(8), { region: 'south' })
    await until('limits-1', ({ counts }) => expect(counts.succeeded).toBe(12))
    fleet.behave(names('limits', 12), 'say-nothing')
    const disruption = { groupBy: 'region', maxUnavailable: '25%' }
    await begin('limits', 2, { concurrency: 5, disruption, deadline: '9h' })
    const three = await until('limits-2', ({ counts }) => expect(counts.told).toBe(3))
    expect(three.counts.pending).toBe(3)
    const { rows } = await fleet.pool.query(
      `SELECT disruption_group AS region, count(*)::int4 AS told FROM rollout_devices WHERE rollout = $1 AND wanted = 'active'
       GROUP BY 1 ORDER BY 1`,
      [three.id],
    )
    expect(rows).toEqual([
      { region: 'north', told: 2 },
      { region: 'south', told: 1 },
    ])
    fleet.behave(names('limits', 12), 'serve')
    expect((await untilState('limits-2', 'succeeded')).counts.succeeded).toBe(12)
  })
})

describe('going back', () => {
  it('is told to every device on abort, also to those that are away', async () => {
    const devices = await ready('abort', 6)
    fleet.behave([devices[5]!], 'fail')
    await begin('abort', 2, {
      steps: [{ setCount: 3 }, { pause: {} }, { setWeight: 100 }],
      maxFailed: 0.9,
      minSucceeded: 0.1,
    })
    await untilState('abort-2', 'paused')
    await act('abort-2', 'abort')
    await untilState('abort-2', 'aborted')
    await until('abort-2', ({ counts }) => expect(counts).toMatchObject({ told: 3, reverted: 3, untold: 3 }))
    expect(tally(await serving('abort'))).toEqual({ 1: 6 })
    await expect(act('abort-2', 'resume')).rejects.toMatchObject({ code: 'rollout-over' })
    expect((await act('abort-2', 'abort')).state).toBe('aborted')
  })

  it('undoes a rollout that is over: each device has what it had', async () => {
    const devices = await ready('undo', 4)
    await begin('undo', 2, { name: 'undo-two', selector: { labels: { device: devices[0]! } } })
    await untilState('undo-two', 'succeeded')
    await begin('undo', 3)
    await untilState('undo-3', 'succeeded')
    expect(tally(await serving('undo'))).toEqual({ 3: 4 })
    await act('undo-3', 'undo')
    await untilState('undo-3', 'undone')
    await until('undo-3', ({ counts }) => expect(counts.reverted).toBe(4))
    expect(await serving('undo')).toEqual([2, 1, 1, 1])
    expect((await storyOf(devices[0]!)).slice(-4)).toEqual([
      ...['undo-3 active 0', 'undo-3 succeeded 0', 'undo-3 back 0', 'undo-3 reverted 0'],
    ])
  })

  it('takes a first version away again', async () => {
    await fleet.model('first', 1)
    await fleet.enrol(names('first', 2))
    await begin('first', 1, { steps: [{ setCount: 1 }, { pause: {} }, { setWeight: 100 }] })
    await untilState('first-1', 'paused')
    await act('first-1', 'abort')
    await until('first-1', ({ counts, state }) => expect([state, counts.reverted]).toEqual(['aborted', 1]))
    expect(await serving('first')).toEqual([null, null])
  })
})

describe('a rehearsal', () => {
  it('says who would be told what by which step, and leaves nothing behind', async () => {
    const devices = await ready('plan', 10)
    const spec = { name: 'planned', steps: [{ setCount: 2 }, { pause: {} }, { setWeight: 50 }, { setWeight: 100 }] }
    const document = RolloutDocument.parse(
      rolloutOf('models:/plan/2', { ...spec, selector: { labels: { fleet: 'plan' } } }),
    )
    const plan = await rollouts.planStart(document, 'tester')
    expect(plan).toMatchObject({ devices: 10, had: [{ version: 1, devices: 10 }] })
    expect(plan.cohorts.map(({ step, told, devices }) => [step, told, devices])).toEqual([
      [0, 2, 2],
      [2, 5, 3],
      [3, 10, 5],
    ])
    expect(plan.cohorts.flatMap(({ first }) => first).sort()).toEqual([...devices].sort())
    await expect(rollouts.get('planned')).rejects.toMatchObject({ code: 'rollout-unknown' })

    await rollouts.start(document, 'tester')
    const paused = await untilState('planned', 'paused')
    expect(paused.cohorts).toMatchObject([{ step: 0, told: 2, succeeded: 2 }])
    const told = plan.cohorts[0]!.first
    expect(await rollouts.planVerb('planned', 'abort', 'tester')).toMatchObject({
      ...{ state: 'aborting', effect: 'at step 2', changes: [{ to: 'back', devices: 2, first: told }] },
    })
    expect(await rollouts.planVerb('planned', 'pause', 'tester')).toMatchObject({ effect: null, changes: [] })
    await expect(rollouts.planVerb('planned', 'undo', 'tester')).rejects.toMatchObject({ code: 'rollout-open' })
    expect(await rollouts.get('planned')).toEqual(paused)
    await act('planned', 'abort')
    await untilState('planned', 'aborted')
  })
})

describe('who is in it', () => {
  it('is refused to a second rollout of the model with some of the same devices, and free to another model', async () => {
    const [one] = await ready('both', 2)
    await begin('both', 2, { name: 'the-first', steps: [{ setCount: 1 }, { pause: {} }, { setWeight: 100 }] })
    await expect(begin('both', 3, { selector: { labels: { device: one! } } })).rejects.toMatchObject({
      code: 'rollout-conflict',
      message: expect.stringMatching(/^Rollout the-first \(\d+\) of both is under way on 1 of the devices of both-3/),
    })
    await fleet.model('another', 1)
    await begin('another', 1, { selector: { labels: { fleet: 'both' } } })
    await untilState('another-1', 'succeeded')
    await untilState('the-first', 'paused')
    await act('the-first', 'abort')
    await untilState('the-first', 'aborted')
    await begin('both', 3)
    await untilState('both-3', 'succeeded')
    await expect(begin('both', 3, { selector: { labels: { fleet: 'nobody' } } })).rejects.toMatchObject({
      code: 'rollout-empty',
    })
  })

  it('is a device that comes later too, unless the rule says otherwise', async () => {
    await ready('joins', 3)
    await begin('joins', 2, { steps: [{ setCount: 1 }, { pause: {} }, { setWeight: 100 }] })
    await untilState('joins-2', 'paused')
    await fleet.enrol(['joins-7'])
    // At first what the rollout before it brought; then its turn comes with the others.
    await until('joins-2', ({ counts }) => expect(counts).toMatchObject({ devices: 4, late: 1 }))
    await until('joins-2', async () => expect((await fleet.serving('joins'))['joins-7']).toBe(1))
    await act('joins-2', 'resume')
    expect((await untilState('joins-2', 'succeeded')).counts).toMatchObject({ succeeded: 4, late: 1 })
    await fleet.enrol(['joins-8'])
    await until('joins-2', ({ counts }) => expect(counts).toMatchObject({ succeeded: 5, late: 2 }))
    expect((await fleet.serving('joins'))['joins-8']).toBe(2)
    await begin('joins', 3, { lateJoiners: 'ignore' })
    await untilState('joins-3', 'succeeded')
    await fleet.enrol(['joins-9'])
    await begin('joins', 2, { name: 'joins-some', selector: { labels: { device: 'joins-0' } } })
    await untilState('joins-some', 'succeeded')
    expect((await fleet.serving('joins'))['joins-9']).toBe(null)
  })

  it('is selected by expressions over labels', async () => {
    await fleet.model('labels', 1)
    await fleet.enrol(['labels-0', 'labels-1'])
    await fleet.enrol(['labels-2'], { region: 'south' })
    const select = async (expressions: NonNullable<NonNullable<RolloutInput['spec']['selector']>['expressions']>) => {
      const name = `labels-${expressions[0]!.operator.toLowerCase()}`
      const selector = { labels: { fleet: 'labels' }, expressions }
      const { counts } = await begin('labels', 1, { name, selector })
      await act(name, 'abort')
      await untilState(name, 'aborted')
      return counts.devices
    }
    expect(await select([{ label: 'region', operator: 'In', values: ['south', 'west'] }])).toBe(1)
    expect(await select([{ label: 'region', operator: 'NotIn', values: ['south'] }])).toBe(2)
    expect(await select([{ label: 'region', operator: 'Exists' }])).toBe(3)
    expect(await select([{ label: 'tier', operator: 'DoesNotExist' }])).toBe(3)
  })

  it('leaves out a device that is retired meanwhile', async () => {
    const [gone] = await ready('retire', 3)
    fleet.behave([gone!], 'say-nothing')
    await begin('retire', 2)
    await until('retire-2', ({ counts }) => expect(counts).toMatchObject({ succeeded: 2, pending: 1 }))
    await fleet.pool.query('UPDATE devices SET retired_at = 1 WHERE id = $1', [gone])
    expect((await untilState('retire-2', 'succeeded')).counts).toMatchObject({ told: 2, excluded: 1 })
  })
})

describe('on evidence', () => {
  const analysis = { devices: 6, minDevices: 3, minDays: 3, maxDays: 5, replay: { dailySd: 0.004, longRunRatio: 1 } }
  const steps = [{ setWeight: 10 }, { analysis: {} }, { setWeight: 100 }]
  const days = ['2026-02-01', '2026-02-02', '2026-02-03', '2026-02-04', '2026-02-05']
  const noise = (device: string, day: number) => ((device.charCodeAt(device.length - 1) + day) % 3) * 0.002 - 0.002
  async function judged(name: string, effect: number): Promise<void> {
    await ready(name, 10)
    await begin(name, 2, { evidence: 'required', steps, analysis })
    await until(`${name}-2`, ({ step, counts }) => expect([step, counts.shadow]).toEqual([1, 6]))
    for (const [index, day] of days.slice(0, 3).entries()) {
      expect(await fleet.evidence(name, day, (device) => effect + noise(device, index))).toBe(6)
    }
  }

  it('goes on when the candidate in shadow is not inferior, and not before', async () => {
    await ready('proof', 10)
    await begin('proof', 2, { evidence: 'required', steps, analysis })
    const shadowing = await until('proof-2', ({ step, counts }) => expect([step, counts.shadow]).toEqual([1, 6]))
    expect(shadowing).toMatchObject({ state: 'running', proven: null, counts: { told: 1, untold: 9 } })
    for (const [index, day] of days.slice(0, 3).entries()) {
      const seen = await until('proof-2', ({ analysis }) => expect(analysis?.analysis.days).toHaveLength(index))
      expect(seen.step).toBe(1)
      await fleet.evidence('proof', day, (device) => noise(device, index))
    }
    const over = await untilState('proof-2', 'succeeded')
    expect(over).toMatchObject({ proven: 'evidence', counts: { succeeded: 10, shadow: 0 } })
    expect(over.analysis?.analysis).toMatchObject({
      verdict: 'non-inferior',
      denominators: { members: 6, matured: 6, pending: 0, rows: 3 * 6 * 30, excludedRows: 3 * 6 * 2 },
    })
    const { items } = await rollouts.analyses('proof-2', { limit: 10 })
    expect(items.map(({ analysis }) => analysis.days.length)).toEqual([3, 2, 1, 0])
    const { rows } = await fleet.pool.query(
      "SELECT 1 FROM desired_models WHERE model = 'proof' AND candidate IS NOT NULL",
    )
    expect(rows).toEqual([])
  })

  it('stops at the first cohort when the candidate is worse, and takes that back', async () => {
    await judged('harm', 0.3)
    const over = await untilState('harm-2', 'failed')
    expect(over.reason).toMatch(/^worse: 30.0 % more error: 95 % bounds/)
    await until('harm-2', ({ counts }) => expect(counts).toMatchObject({ told: 1, reverted: 1, shadow: 0 }))
    expect(tally(await serving('harm'))).toEqual({ 1: 10 })
    const { rows } = await fleet.pool.query(
      "SELECT entry FROM audit_log WHERE entry->>'subject' = $1 ORDER BY number DESC LIMIT 2",
      [`/v1/rollouts/${over.id}`],
    )
    expect(rows.map(({ entry }) => [entry.actor.id, entry.action, entry.message, entry.after.state])).toEqual([
      ['rollouts', 'failed', over.reason, 'failed'],
      ['rollouts', 'stop at step 2', over.reason, 'aborting'],
    ])
  })

  it('never passes without data: its days over, it waits for a person', async () => {
    await ready('nothing', 10)
    await begin('nothing', 2, { evidence: 'required', steps, analysis: { ...analysis, replay: undefined } })
    await until('nothing-2', ({ step, counts }) => expect([step, counts.shadow]).toEqual([1, 6]))
    for (const [index, day] of days.entries()) await fleet.evidence('nothing', day, (device) => noise(device, index))
    const held = await untilState('nothing-2', 'paused')
    expect(held.reason).toMatch(/^inconclusive: not within the margin of 3.0 %, and 5 days are over/)
    await act('nothing-2', 'resume')
    await untilState('nothing-2', 'paused')
    await act('nothing-2', 'promote')
    expect(await untilState('nothing-2', 'succeeded')).toMatchObject({ proven: 'person' })
  })

  it('is asked for before 25 % of the devices are told, and a person may take every step at once', async () => {
    await ready('gate', 8)
    await begin('gate', 2, { evidence: 'required', steps: [{ setCount: 1 }, { setCount: 2 }] })
    const held = await untilState('gate-2', 'paused')
    expect(held).toMatchObject({ step: 1, counts: { told: 1 } })
    expect(held.reason).toMatch(/^2 of 8 devices are 25 % or more/)
    await act('gate-2', 'promote-full')
    expect(await untilState('gate-2', 'succeeded')).toMatchObject({ full: true, counts: { succeeded: 8 } })
  })
})
