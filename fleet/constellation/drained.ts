import { setTimeout as sleep } from 'node:timers/promises'
import type { Constellation, Store } from './constellation.ts'

/** What of an agent's own status tells that the cloud has everything. */
interface AgentStatus {
  readonly link: { readonly connected: boolean }
  readonly backlog: { readonly records: number }
  readonly journal: { readonly waiting: number }
}

/** Real milliseconds between two looks. */
const LOOK = 250

/**
 * Waits until every agent has rolled up all that it heard, and the cloud has committed all of it. While a feed goes on some
 * readings always wait for the end of their window: `feeding` leaves those out.
 * @returns seconds
 */
export async function untilCloudHasAll(
  constellation: Constellation,
  {
    signal,
    onProgress,
    feeding = false,
  }: { signal: AbortSignal; onProgress?: (text: string) => void; feeding?: boolean },
): Promise<number> {
  const began = performance.now()
  for (;;) {
    signal.throwIfAborted()
    const all = await Promise.all(constellation.stores.map((store) => status(store, signal)))
    const sum = (of: (one: AgentStatus) => number) => all.reduce((total, one) => total + of(one), 0)
    const waiting = feeding ? 0 : sum(({ journal }) => journal.waiting)
    const records = sum(({ backlog }) => backlog.records)
    const away = all.filter(({ link }) => !link.connected).length
    if (waiting === 0 && records === 0 && away === 0) return (performance.now() - began) / 1000
    const unconnected = away > 0 ? `, ${away} agents not connected` : ''
    onProgress?.(`to the cloud: ${waiting} readings to roll up, ${records} records to send${unconnected}`)
    await sleep(LOOK, undefined, { signal })
  }
}

async function status({ agent }: Store, signal: AbortSignal): Promise<AgentStatus> {
  const response = await fetch(new URL('/v1/status', agent.url), {
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
  })
  if (!response.ok) throw new Error(`${agent.url}/v1/status answers ${response.status}`)
  return (await response.json()) as AgentStatus
}
