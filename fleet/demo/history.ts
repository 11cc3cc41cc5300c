import { setTimeout as sleep } from 'node:timers/promises'
import { inTurns } from '../constellation/in-turns.ts'
import type { Constellation, Store } from '../constellation/index.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Shops whose past is sent at once. */
const AT_ONCE = 4
const LOOK = 250

/** What of an agent's own status tells that the cloud has everything. */
interface AgentStatus {
  readonly link: { readonly connected: boolean; readonly trouble: string | null }
  readonly backlog: { readonly records: number }
  readonly journal: { readonly waiting: number }
}

/** Hands every agent its shop's past. @returns seconds */
export async function importPast(constellation: Constellation, days: number, terminal: Terminal): Promise<number> {
  const began = performance.now()
  const total = constellation.stores.length * days
  let done = 0
  await inTurns(constellation.stores, AT_ONCE, (store) =>
    constellation.importHistory(store, 0, days, () => {
      done++
      terminal.progress(`history: ${done} of ${total} shop-days`)
    }),
  )
  return (performance.now() - began) / 1000
}

/** Waits until every agent has rolled up what it heard and the cloud has committed all of it. @returns seconds */
export async function untilCloudHasAll(
  constellation: Constellation,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<number> {
  const began = performance.now()
  for (;;) {
    signal.throwIfAborted()
    const all = await Promise.all(constellation.stores.map((store) => status(store, signal)))
    const sum = (of: (one: AgentStatus) => number) => all.reduce((total, one) => total + of(one), 0)
    const waiting = sum(({ journal }) => journal.waiting)
    const records = sum(({ backlog }) => backlog.records)
    const away = all.filter(({ link }) => !link.connected).length
    if (waiting === 0 && records === 0 && away === 0) return (performance.now() - began) / 1000
    terminal.progress(
      `to the cloud: ${waiting} readings to roll up, ${records} records to send${away > 0 ? `, ${away} agents not connected` : ''}`,
    )
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
