import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { TrustStatus } from '@storecast/cloud/trust'
import { loadDefinition } from '@storecast/models'
import type { CloudClient } from '../client/client.ts'
import { type Constellation, startConstellation, temporaryFolder } from '../constellation/index.ts'
import { decisions, isStocked } from '../simulator/index.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { recordedScene, simulatedScene } from './scenes.ts'
import { morning, tellStory } from './story.ts'
import { improvement, summaryTable } from './telling.ts'

export interface DemoOptions {
  /** A FreshRetailNet file to play in place of simulated shops. */
  readonly data?: string
  /** End after the story; otherwise everything stays up until the signal. */
  readonly once: boolean
  /** An empty folder for everything that the programs write, kept afterwards; by default a temporary one. */
  readonly folder?: string
  readonly terminal: Terminal
  readonly signal: AbortSignal
  /** Once the story is told, with the shops' clocks at the pace that they keep then: where everything is, for somebody who looks at it. */
  readonly onTold?: (told: Told) => Promise<void>
}

export interface Told {
  /** Of the cloud, and an operator's token. */
  readonly url: string
  readonly token: string
  /** The page of the first shop's staff, and its PIN. */
  readonly shop: string
  readonly pin: string
}

const DEFINITION = fileURLToPath(new URL('../../models/definitions/demand.yaml', import.meta.url))
/** Store seconds in a real one once the story is told: a day in two and a half minutes. */
const AFTERWARDS = 600
const DAYS_WAITED = 14
/** Real milliseconds between two looks. */
const LOOK = 25

/** Starts a cloud and shops, tells the story, and stops all of it. */
export async function runDemo({ data, once, terminal, signal, onTold, ...options }: DemoOptions): Promise<void> {
  const began = performance.now()
  const scene = data === undefined ? simulatedScene() : await recordedScene(data)
  terminal.out(`${scene.title}: a cloud, and an agent for each shop`)
  terminal.progress('starting the cloud and the agents')
  await using temporary = options.folder === undefined ? await temporaryFolder('demo') : undefined
  const folder = options.folder ?? temporary!.path
  await using constellation = await startConstellation({
    shops: scene.shops,
    folder,
    clock: { start: morning(scene, scene.history - 1), speed: 1 },
    signal,
  })
  const { cloud, stores, crashed } = constellation
  terminal.out(
    `the cloud is at ${cloud.client.url}, ${stores.length} agents enrolled by their claims and are connected to ${cloud.mqttsUrl}`,
  )
  const account = await makeAccount(cloud.client)
  terminal.out(`its console is there too: sign in as ${account}, and watch`)
  terminal.out((await cloud.client.get<TrustStatus>('/v1/trust')).message)
  const definition = await loadDefinition(DEFINITION)
  const summary = await Promise.race([tellStory({ scene, constellation, definition, terminal, signal }), crashed])
  terminal.out('')
  for (const line of summaryTable(summary)) terminal.out(line)
  const [before, after] = scene.compare
  terminal.out(`\n${improvement(summary[before]!, summary[after]!)}`)
  terminal.out(`the story took ${((performance.now() - began) / 1000).toFixed(0)} s`)
  if (once && !onTold) return
  terminal.progress('waiting for a morning with something to reorder')
  await Promise.race([untilSuggested(constellation, signal), crashed])
  await constellation.setSpeed(AFTERWARDS)
  if (onTold) {
    const { agent } = stores[0]!
    await onTold({ url: cloud.client.url, token: cloud.adminToken, shop: agent.url, pin: await agent.setPin() })
  }
  if (once) return
  terminal.out(`\nEverything stays up until Ctrl-C:`)
  terminal.out(`  console    ${cloud.client.url}/  (sign in as ${account})`)
  terminal.out(`  API        ${cloud.client.url}/v1/openapi.json  (operator’s token ${cloud.adminToken})`)
  for (const { agent } of stores)
    terminal.out(`  ${agent.device.padEnd(9)}  ${agent.url}  (the page of its staff, PIN ${await agent.setPin()})`)
  const [mine] = stores
  if (mine && isStocked(mine.shop))
    terminal.out(`In ${mine.agent.device} nobody answers suggestions but you; a day takes two and a half minutes.`)
  await Promise.race([stopped(signal), crashed])
}

/** Lets the clock run to a morning on which the page of the first shop's staff suggests something; some days at the most. */
async function untilSuggested({ stores, now }: Constellation, signal: AbortSignal): Promise<void> {
  const [mine] = stores
  if (!mine || !isStocked(mine.shop)) return
  const last = now() + DAYS_WAITED * 86_400_000
  while (now() < last && (await decisions(mine.agent.url, { state: 'open', signal })).length === 0) {
    await sleep(LOOK, undefined, { signal })
  }
}

/** Somebody for the console, whose password is good for this demo alone. @returns name and password, to be read out */
async function makeAccount(client: CloudClient): Promise<string> {
  const [name, password] = ['demo', randomBytes(12).toString('base64url')]
  await client.post('/v1/users', { name, password, roles: ['admin'] })
  return `${name} with the password ${password}`
}

const stopped = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
