import { calendar } from '@storecast/shared/windows'
import {
  dayReadings,
  isStocked,
  type LiveFeed,
  pushReadings,
  type Reading,
  type Shop,
  type Staff,
  sensorsOf,
  shopCovariates,
  startFeed,
  startStaff,
} from '../simulator/index.ts'
import { type AgentProgram, prepareAgent } from './agent.ts'
import { type CloudProgram, startCloudProgram } from './cloud.ts'
import { inTurns } from './in-turns.ts'
import { mosquittoPorts, startFleetMosquitto } from './mosquitto.ts'
import type { Program } from './program.ts'
import { readClock, type StoreClock, sinceNow } from './store-clock.ts'

export interface ConstellationOptions {
  readonly shops: readonly Shop[]
  /** Everything that the programs write; the caller removes it. */
  readonly folder: string
  readonly clock: StoreClock
  /** The cloud's own broker, or Mosquitto in a process of its own, which can be taken down alone. */
  readonly broker?: 'embedded' | 'mosquitto'
  readonly signal?: AbortSignal
}

export interface Store {
  readonly shop: Shop
  readonly agent: AgentProgram
}

/** A cloud, its broker, and an agent for each shop, all as real programs on this machine. */
export interface Constellation extends AsyncDisposable {
  readonly cloud: CloudProgram
  readonly stores: readonly Store[]
  /** Where the broker is a program of its own. */
  readonly broker: Program | undefined
  /** Store time. */
  now(): number
  /** Kills the agents and starts them again with a clock of another speed, which goes on where theirs stopped. */
  setSpeed(speed: number): Promise<void>
  /**
   * Hands a store's agent the shop's days `from` to `to` (excluded) as fast as it takes them.
   * @param onDay told the last day that it has acknowledged, now and then
   */
  importHistory(store: Store, from: number, to: number, onDay?: (day: number) => void): Promise<void>
  /**
   * Plays every shop from that day on, by store time; in shops that measure their shelves, staff choose what is suggested.
   * @returns rejects when an agent refuses a reading, or a choice
   */
  startFeeds(firstDay: number): Promise<void>
  /** From now on somebody else chooses for the store's staff, on its page. */
  handOver(store: Store): void
  /** Rejects when a program ends that nobody stopped. */
  readonly crashed: Promise<never>
}

/** Programs of which many start at once: a machine with two cores serves none of them sooner. */
const STARTING_AT_ONCE = 4
/** Readings that a history's requests gather, a few days of a shop. */
const IMPORTED_AT_ONCE = 5_000
/** By how much starting the agents may take longer than the time before. */
const STARTING_MARGIN = 1.5
/** Real milliseconds by which live readings come early, see `FeedOptions.lead`; agents take none from a day ahead. */
const LEAD_MS = 2_000
const LONGEST_LEAD_MS = 20 * 3_600_000

export async function startConstellation(options: ConstellationOptions): Promise<Constellation> {
  const { shops, folder, signal } = options
  await using stack = new AsyncDisposableStack()
  const ports = options.broker === 'mosquitto' ? await mosquittoPorts() : undefined
  const cloud = stack.use(await startCloudProgram({ folder, ...(ports && { broker: ports.addresses }) }))
  // Its certificate comes from the cloud, which waits for its broker meanwhile.
  const broker = ports && stack.use(await startFleetMosquitto({ folder, cloud: cloud.client, ...ports }))
  let clock = sinceNow(options.clock)
  const stores: Store[] = []
  for (const shop of shops) {
    signal?.throwIfAborted()
    const claim = await register(cloud, shop)
    const { site: device, timeZone } = shop
    const agent = stack.use(
      await prepareAgent({ device, claim, timeZone, clock, folder, settings: { sensors: sensorsOf(shop) } }),
    )
    stores.push({ shop, agent })
  }
  let startedIn = 0
  const startAgents = async () => {
    const began = Date.now()
    await inTurns(stores, STARTING_AT_ONCE, async ({ agent }) => {
      signal?.throwIfAborted()
      await agent.program.start()
    })
    startedIn = Date.now() - began
  }
  await startAgents()

  const feeds = stack.use(new AsyncDisposableStack())
  const staff = new Map<Store, Staff>()
  const owned = stack.move()
  const now = () => readClock(clock)
  return {
    cloud,
    stores,
    broker: broker?.program,
    now,
    crashed: Promise.race([
      ...[cloud.program, ...stores.map(({ agent }) => agent.program)].map((one) => one.crashed),
      ...(broker?.failed ? [broker.failed] : []),
    ]),
    async setSpeed(speed) {
      if (speed === clock.speed) return
      // At once: while they ended in order, a fast clock would run through a night. What they acknowledged is safe.
      await inTurns(stores, stores.length, ({ agent }) => agent.program.kill('SIGKILL'))
      // It stands until the agents are up again: a fast clock would run through a night meanwhile.
      clock = { start: now(), speed, since: Date.now() + STARTING_MARGIN * startedIn }
      for (const { agent } of stores) await agent.setClock(clock)
      await startAgents()
    },
    async importHistory({ shop, agent }, from, to, onDay) {
      const target = { url: agent.url, ...(signal && { signal }) }
      let readings: Reading[] = []
      for (let day = from; day < to; day++) {
        readings.push(...dayReadings(shop, day, { surroundings: true }))
        if (readings.length < IMPORTED_AT_ONCE && day < to - 1) continue
        await pushReadings(readings, target)
        readings = []
        onDay?.(day)
      }
    },
    startFeeds(firstDay) {
      const live: LiveFeed[] = stores.map(({ shop, agent }) =>
        feeds.use(
          startFeed({
            shop,
            firstDay,
            now,
            url: agent.url,
            lead: () => Math.min(LONGEST_LEAD_MS, LEAD_MS * clock.speed),
          }),
        ),
      )
      for (const store of stores) {
        const { shop, agent } = store
        if (isStocked(shop)) staff.set(store, feeds.use(startStaff({ shop, now, url: agent.url })))
      }
      return Promise.all([...live, ...staff.values()].map(({ ended }) => ended)).then(() => undefined)
    },
    handOver(store) {
      staff.get(store)?.handOver()
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Tells the cloud of a shop. @returns a claim for its device, of the same name */
async function register({ client }: CloudProgram, shop: Shop): Promise<string> {
  const { site, timeZone, labels, products } = shop
  await client.put(`/v1/sites/${site}`, { timeZone, labels, entities: products, sensors: sensorsOf(shop) })
  await client.put(`/v1/sites/${site}/covariates`, shopCovariates(shop))
  const { claims } = await client.post<{ claims: readonly { claim: string }[] }>('/v1/claims', { site, device: site })
  return claims[0]!.claim
}

/** Start of a shop's day, in store time; one past the last day is its end. */
export const dayStart = (shop: Shop, index: number): number => {
  const zone = calendar(shop.timeZone)
  return index < shop.days ? zone.daySpan(shop.day(index).date).start : zone.daySpan(shop.day(index - 1).date).end
}
