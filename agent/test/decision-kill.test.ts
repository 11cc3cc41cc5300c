import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { type AgentProcess, prepareAgent } from './agent-process.ts'
import { CATALOGUE, openShop, SHOP_SENSORS, STOCK_SENSORS } from './shop.ts'
import { temporaryFolder } from './storage.ts'
import { tinyDemand } from './tiny-demand.ts'

/** A longer form: `STORECAST_KILLS=10 npx vitest run agent/test/decision-kill`. */
const KILLS = 5 * Number(process.env.STORECAST_KILLS ?? 1)
const HOUR = 3_600_000
/** Berlin is an hour ahead of UTC in early March. */
const midnight = (day: number) => Date.UTC(2026, 2, day) - HOUR
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 30_000 })
const products = Array.from({ length: KILLS }, (_, i) => `p${i}`)
const sensors = [...SHOP_SENSORS, ...STOCK_SENSORS]

interface Listed {
  readonly id: string
  readonly entity: string
  readonly quantity: number
  readonly choice: { readonly kind: string; readonly quantity: number; readonly chosenAt: string } | null
}

it(
  `an agent killed ${KILLS} times between a choice and its answer has the choice once, or asks again`,
  async () => {
    await using folder = await temporaryFolder()
    await suggestAll(folder.path)
    await using agent = await prepareAgent(folder.path, {
      device: 'north-1',
      sensors,
      clock: { start: new Date(midnight(10) + 8 * HOUR).toISOString(), speed: 1, since: new Date().toISOString() },
    })
    await agent.start()
    await agent.ready()
    const suggested = await list(agent, 'open')
    expect(suggested.map(({ entity }) => entity).toSorted()).toEqual(products.toSorted())
    let kept: boolean | undefined
    for (const [i, { id, quantity }] of suggested.entries()) {
      const body = JSON.stringify({ choice: 'changed', quantity: quantity + 1 })
      // From before it can be taken in to when it is answered.
      await killAfter(agent, { id, body, ms: i === KILLS - 1 ? 'answered' : i * 3 })
      await agent.start()
      await agent.ready()
      const before = (await list(agent, 'chosen')).find((one) => one.id === id)
      kept = before !== undefined
      const answer = await choose(agent, id, body)
      expect(answer).toMatchObject({ status: 200, body: { choice: { kind: 'changed', quantity: quantity + 1 } } })
      if (before) expect(answer.body.choice).toEqual(before.choice)
    }
    expect(await list(agent, 'open')).toEqual([])
    expect(await list(agent, 'chosen')).toHaveLength(KILLS)
    const metrics = await (await fetch(`${agent.url}/metrics`)).text()
    expect(metrics).toContain(`storecast_decisions_total{what="changed"} ${KILLS}`)
    // The last was answered, so that nobody may ask again.
    expect(kept).toBe(true)
  },
  60_000 * Math.max(1, KILLS / 5),
)

/** Sends a choice whole, and kills the agent so many milliseconds after, or as the answer comes. */
async function killAfter(
  agent: AgentProcess,
  { id, body, ms }: { id: string; body: string; ms: number | 'answered' },
): Promise<void> {
  const { hostname, port } = new URL(agent.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('connect', resolve))
  const head = `POST /v1/decisions/${id}/choice HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: ${body.length}\r\n\r\n`
  const answered = once(socket, 'data')
  answered.catch(() => undefined)
  await new Promise((resolve) => socket.write(head + body, resolve))
  await (ms === 'answered' ? answered : sleep(ms))
  await agent.stop()
  socket.destroy()
}

async function list(agent: AgentProcess, state: string): Promise<Listed[]> {
  const response = await fetch(`${agent.url}/v1/decisions?state=${state}&limit=500`)
  return ((await response.json()) as { decisions: Listed[] }).decisions
}

async function choose(agent: AgentProcess, id: string, body: string) {
  const response = await fetch(`${agent.url}/v1/decisions/${id}/choice`, { method: 'POST', body })
  return { status: response.status, body: (await response.json()) as { choice: Listed['choice'] } }
}

/** Leaves a database behind in which something is suggested of every product. */
async function suggestAll(folder: string): Promise<void> {
  await using shop = await openShop({ folder, now: midnight(1), settings: { sensors } })
  const tell = (at: number, lines: readonly string[]) => {
    shop.clock.advance(at + 1000 - shop.clock.now())
    return shop.post('/api/v2/write?precision=ms', lines.join('\n'))
  }
  for (let day = 1; day < 10; day++) {
    const at = midnight(day) + 12 * HOUR
    await tell(
      at,
      products.map((product) => `sales,product=${product} value=10,id="${product}${day}" ${at}`),
    )
  }
  const at = midnight(10) - HOUR
  await tell(
    at,
    products.map((product) => `stock,product=${product} value=0 ${at}`),
  )
  const entities = products.map((id) => ({ id, attributes: {} }))
  await shop.desire({
    documents: { catalogue: shop.objects.put(JSON.stringify({ ...CATALOGUE, entities })) },
    models: { demand: await shop.publish(await tinyDemand({ directory: folder, decision: { name: 'reorder' } })) },
  })
  await eventually(async () => {
    expect((await shop.get('/v1/status')).body.models.demand).toMatchObject({ phase: 'active', active: 1 })
  })
  shop.clock.advance(midnight(10) + 1000 - shop.clock.now())
  await eventually(async () => {
    expect((await shop.get('/v1/decisions?limit=500')).body.decisions).toHaveLength(KILLS)
  })
}
