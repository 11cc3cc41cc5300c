import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DesiredState } from '@storecast/shared/contracts'
import { type Agent, startAgent } from '../agent.ts'
import { parseConfig } from '../config.ts'
import type { BundleFile } from '../inference/index.ts'
import { createLogger } from '../platform/logger.ts'
import { type ManualClock, manualClock } from '../platform/manual-clock.ts'
import type { TestBroker } from './broker.ts'
import { type CloudEnd, playCloud } from './cloud-end.ts'
import { type ObjectServer, startObjectServer } from './object-server.ts'
import { SigningCloud } from './signing-cloud.ts'

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body is the only type it has.
  readonly body: any
}

/** A whole agent in this process, and the part of the cloud that serves objects. */
export interface Shop extends AsyncDisposable {
  readonly agent: Agent
  readonly clock: ManualClock
  readonly objects: ObjectServer
  /** The cloud's keys: what it has approved, and signs. */
  readonly signing: SigningCloud
  /** What the cloud has committed; undefined where there is no broker. */
  readonly cloud: CloudEnd | undefined
  get(path: string): Promise<Answer>
  post(path: string, body: string | Uint8Array, headers?: Record<string, string>): Promise<Answer>
  /** The `/metrics` line of this name and these labels, as a number. */
  metric(line: string): Promise<number>
  /** Lets the agent hear of a new desired state: what is given here on top of what was desired before. */
  desire(part: Partial<Pick<DesiredState, 'documents' | 'models'>>): Promise<void>
  /** Stores a bundle in the cloud, approved; gives what a desired state says of it. */
  publish(bundle: BundleFile): Promise<DesiredState['models'][string]>
}

export const SHOP_SENSORS = [
  { name: 'sales', kind: 'event', unit: 'units', resolution: 1, range: [0, 1000], window: '1h', per: 'product' },
  { name: 'stockout', kind: 'event', unit: 'minutes', resolution: 1, range: [0, 60], window: '1h', per: 'product' },
  { name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 60], centre: 4, interval: 300 },
]

/** What is on the shelf of each product, and on its way. */
export const STOCK_SENSORS = ['stock', 'on-order'].map((name) => ({
  ...{ name, kind: 'gauge', unit: 'units', resolution: 1, range: [0, 1000], window: '1h', per: 'product' },
}))

const DEVICE = 'north-1'

export const CATALOGUE = {
  kind: 'catalogue',
  site: 'north',
  timeZone: 'Europe/Berlin',
  labels: {},
  entities: ['milk', 'bread'].map((id) => ({ id, attributes: {} })),
}

export interface ShopOptions {
  readonly folder: string
  /** Store time at the start. */
  readonly now: number
  readonly settings?: object
  readonly httpToken?: string
  /** The link to the cloud goes through it; without one the agent works alone. */
  readonly broker?: TestBroker
}

export async function openShop({ folder, now, settings, httpToken, broker }: ShopOptions): Promise<Shop> {
  await using stack = new AsyncDisposableStack()
  const clock = manualClock(now)
  const objects = stack.use(await startObjectServer())
  const signing = new SigningCloud({ put: objects.putFile })
  const identity = join(folder, 'data', 'identity')
  await mkdir(identity, { recursive: true })
  await writeFile(join(identity, 'root.json'), signing.firstRoot)
  const cloud = broker && playCloud(broker, DEVICE)
  const link = broker && { cloud: { mqtt: broker.url } }
  const text = JSON.stringify({ device: DEVICE, http: { port: 0 }, sensors: SHOP_SENSORS, ...link, ...settings })
  const config = parseConfig(text, join(folder, 'agent.yaml'))
  const log = createLogger({ level: 'silent' })
  const agent = stack.use(await startAgent(config, { deviceToken: objects.token, httpToken }, { clock, log }))

  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const token: Record<string, string> = httpToken === undefined ? {} : { authorization: `Bearer ${httpToken}` }
    const headers = { ...token, ...(init.headers as Record<string, string>) }
    const response = await fetch(agent.url + path, { ...init, headers })
    const body = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, body: isJson ? JSON.parse(body) : body }
  }
  let generation = 1
  let desired: Pick<DesiredState, 'documents' | 'models'> = { documents: {}, models: {} }
  const owned = stack.move()
  return {
    agent,
    clock,
    objects,
    signing,
    cloud,
    get: (path) => ask(path, {}),
    post: (path, body, headers = {}) => ask(path, { method: 'POST', body: body as string, headers }),
    async metric(line) {
      const { body } = await ask('/metrics', {})
      const found = (body as string).split('\n').find((candidate) => candidate.startsWith(`${line} `))
      return found === undefined ? 0 : Number(found.slice(line.length + 1))
    },
    async desire(part) {
      desired = { ...desired, ...part }
      generation++
      const whose = { version: 1, device: DEVICE, generation, expires: 4_000_000_000 } as const
      const state: DesiredState = { ...whose, site: 'north', api: objects.url, ...desired }
      const signed = await signing.desire(state)
      if (cloud) cloud.desire(signed)
      else agent.receive(Buffer.from(signed))
    },
    async publish({ path, model, version }) {
      const target = { version, bundle: objects.put(await readFile(path)) }
      signing.approve(model, target)
      return target
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
