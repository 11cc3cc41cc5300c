import { setTimeout as delay } from 'node:timers/promises'
import type { User } from './load.ts'
import type { CloudProgram } from './program.ts'

export interface Held {
  /** Streams that were open all the time and were told of every change. */
  readonly held: number
  /** From the moment at which the change's call began until a stream had told of it, milliseconds. */
  readonly lags: readonly number[]
}

/** Open streams are looked at for so long after the last change. */
const WAIT_MS = 20_000

/** Holds streams of events while devices' labels are changed one after the other. @param users of whom everybody may see every device */
export async function holdStreams(
  cloud: CloudProgram,
  users: readonly User[],
  { streams, changes, devices }: { streams: number; changes: number; devices: readonly string[] },
): Promise<Held> {
  const ending = new AbortController()
  const heard: Map<string, number>[] = []
  const readers: Promise<void>[] = []
  for (let i = 0; i < streams; i++) {
    const told = new Map<string, number>()
    heard.push(told)
    const { token } = users[i % users.length]!
    const response = await fetch(`${cloud.url}/v1/events`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
      signal: ending.signal,
    })
    if (response.status !== 200 || !response.body) throw new Error(`stream ${i}: ${response.status}`)
    readers.push(read(response.body, told))
  }
  try {
    const began = new Map<string, number>()
    for (let nth = 0; nth < changes; nth++) {
      const device = devices[nth % devices.length]!
      began.set(device, performance.now())
      const { status } = await cloud.call('PUT', `/v1/devices/${device}/labels`, {
        json: { role: 'gateway', nth: `${nth}` },
      })
      if (status !== 200) throw new Error(`the labels of ${device} cannot be changed: ${status}`)
    }
    const isTold = (told: ReadonlyMap<string, number>) => [...began.keys()].every((device) => told.has(device))
    for (let waited = 0; waited < WAIT_MS && !heard.every(isTold); waited += 50) await delay(50)
    const lags = heard.flatMap((told) =>
      [...began].flatMap(([device, at]) => (told.has(device) ? [told.get(device)! - at] : [])),
    )
    return { held: heard.filter(isTold).length, lags }
  } finally {
    ending.abort()
    await Promise.all(readers)
  }
}

/** Notes when each device was told of last, until the stream is let go. */
async function read(body: ReadableStream<Uint8Array>, told: Map<string, number>): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const bytes of body) {
      const events = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
      rest = events.pop()!
      for (const event of events) {
        const data = /^data: ?(.*)$/m.exec(event)?.[1]
        const { kind, key } = data ? (JSON.parse(data) as { kind?: string; key?: string }) : {}
        if (kind === 'device' && typeof key === 'string') told.set(key, performance.now())
      }
    }
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error
  }
}
