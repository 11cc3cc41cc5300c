import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { RolloutDocument } from '@storecast/shared/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { rolloutOf } from '../test/rollout.ts'
import { uniforms } from './analysis/test/simulated.ts'
import { type TestFleet, testFleet } from './test/fleet.ts'

/** 50 in the published run; the fleet is 2,000 devices then. */
const KILLS = Number(process.env.ROLLOUT_KILLS ?? 6)
const DEVICES = Number(process.env.ROLLOUT_DEVICES ?? 400)

const uniform = uniforms(11)
const program = new URL('test/controller-process.ts', import.meta.url).pathname
let fleet: TestFleet
let kills = 0
beforeAll(async () => {
  fleet = await testFleet()
})
afterAll(() => fleet[Symbol.asyncDispose]())

const stateOf = async (name: string): Promise<string> =>
  (await fleet.pool.query('SELECT state FROM rollouts WHERE name = $1 ORDER BY id DESC LIMIT 1', [name])).rows[0].state
const tally = async (): Promise<Record<string, number>> => {
  const versions = Object.values(await fleet.serving('demand'))
  return Object.fromEntries([...Map.groupBy(versions, String)].map(([version, of]) => [version, of.length]))
}

/**
 * Devices come, go and answer while the program that carries rollouts on is killed and started again and again.
 * @param least kills before the end is looked for
 */
async function whileKilled(least: number, over: () => Promise<boolean>): Promise<void> {
  const until = kills + least
  for (let ended = false; !ended || kills < until; ) {
    if (kills > until + 100) throw new Error(`no end after ${kills} kills`)
    const child: ChildProcess = spawn(process.execPath, [program, fleet.url, fleet.objects, String(fleet.clock.now())])
    await once(child.stdout!, 'data')
    const lives = 40 + 400 * uniform()
    for (const began = performance.now(); performance.now() - began < lives; ) {
      await fleet.pool.query('UPDATE devices SET online = random() < 0.7, presence_at = $1 WHERE random() < 0.2', [
        fleet.clock.now(),
      ])
      await fleet.answer()
      await delay(20)
    }
    child.kill('SIGKILL')
    await once(child, 'exit')
    kills++
    ended = await over()
  }
}
const start = (version: number, spec: Parameters<typeof rolloutOf>[1]) =>
  fleet.withRollouts((rollouts) =>
    rollouts.start(RolloutDocument.parse(rolloutOf(`models:/demand/${version}`, spec)), 'tester'),
  )
const ends = (name: string, state: string) => async () => {
  const now = await stateOf(name)
  expect(now).not.toBe('paused')
  return now === state
}
/** Moves of the controller in their order, each written once. */
const moves = async (name: string) => {
  const { rows } = await fleet.pool.query<{ what: string }>(
    `SELECT what FROM rollout_history h JOIN rollouts r ON r.id = h.rollout WHERE r.name = $1 AND who = 'controller' ORDER BY h.id`,
    [name],
  )
  return rows.map(({ what }) => what)
}

it('passes, stops and undoes as it should, however often its controller is killed', { timeout: 240_000 }, async () => {
  const devices = Array.from({ length: DEVICES }, (_, n) => `shop-${n}`)
  await fleet.model('demand', 3)
  await fleet.enrol(devices)
  const share = Math.ceil(KILLS / 4)

  await start(1, { name: 'first' })
  await whileKilled(share, ends('first', 'succeeded'))
  // Also those that were away: who fails the next version keeps this one.
  await whileKilled(0, async () => (await tally())['1'] === DEVICES)

  // 5 % fail: it passes with them.
  const failing = devices.slice(0, DEVICES * 0.05)
  fleet.behave(failing, 'fail')
  const steps = [1, 5, 25, 100].map((setWeight) => ({ setWeight }))
  await start(2, { name: 'passes', steps, minSucceeded: 0.5, maxFailed: 0.6 })
  await whileKilled(share, ends('passes', 'succeeded'))
  await whileKilled(0, async () => (await tally())['2'] === DEVICES - failing.length)
  expect(await tally()).toEqual({ 1: failing.length, 2: DEVICES - failing.length })
  expect(await moves('passes')).toEqual([1, 2, 3, 4].map((step) => `next at step ${step}`).concat('succeed at step 5'))

  // 40 % fail: it is stopped, and who was told goes back.
  fleet.behave(devices.slice(0, DEVICES * 0.4), 'fail')
  await start(3, { name: 'stops', steps, maxFailed: 0.2, onFailure: 'abort' })
  await whileKilled(share, ends('stops', 'failed'))
  await whileKilled(0, async () => (await tally())['3'] === undefined)
  expect(await tally()).toEqual({ 1: failing.length, 2: DEVICES - failing.length })
  expect((await moves('stops')).slice(-2)).toEqual([expect.stringMatching(/^stop at step/), 'failed'])

  fleet.behave(devices, 'serve')
  await fleet.withRollouts((rollouts) => rollouts.act('passes', 'undo', 'tester'))
  await whileKilled(share, ends('passes', 'undone'))
  await whileKilled(0, async () => (await tally())['1'] === DEVICES)
  expect(await tally()).toEqual({ 1: DEVICES })
  expect(kills).toBeGreaterThanOrEqual(KILLS)
  if (process.env.ROLLOUT_KILLS) process.stderr.write(`${DEVICES} devices, ${kills} kills\n`)
})
