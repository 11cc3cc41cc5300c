import { SimulatedIngest } from '@storecast/cloud/test/simulated-ingest'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { history } from './history.ts'
import { compare } from './oracle.ts'
import { World } from './world.ts'

/** `npm run test:uplink` runs 10,000. A failure names its seed: `UPLINK_SEED=7 UPLINK_SHRINK=1` finds a smaller one. */
const HISTORIES = Number(process.env.UPLINK_HISTORIES ?? 500)
const SEED = Number(process.env.UPLINK_SEED ?? Date.now() % 1_000_000)
/** Histories that run at the same time, on devices of their own. */
const LANES = 4

let cloud: SimulatedIngest
beforeAll(async () => {
  cloud = await SimulatedIngest.start()
})
afterAll(() => cloud[Symbol.asyncDispose]())

it(
  `${HISTORIES} histories of loss, duplicates, reordering, two workers, coarsening, image restore, clones and cloud restore`,
  async () => {
    let worlds = 0
    const lane = (index: number) =>
      fc.assert(
        fc.asyncProperty(history, async ({ seed, open, happenings }) => {
          const name = `w${++worlds}`
          const devices = [`${name}-a`, `${name}-b`]
          await cloud.enrol(devices)
          using world = new World(cloud, devices, seed)
          if (open) await world.open()
          for (const happening of happenings) await world.happen(happening)
          await world.settle()
          await compare(world, cloud)
        }),
        { numRuns: Math.ceil(HISTORIES / LANES), seed: SEED + index, endOnFailure: process.env.UPLINK_SHRINK !== '1' },
      )
    await Promise.all(Array.from({ length: LANES }, (_, index) => lane(index)))
    expect(worlds).toBeGreaterThanOrEqual(HISTORIES)
  },
  2 * 3_600_000,
)
