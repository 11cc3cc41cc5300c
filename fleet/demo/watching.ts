import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Got, Item } from '@storecast/shared/api'
import { freePort } from '@storecast/shared/test/ports'
import { calendar } from '@storecast/shared/windows'
import { listAll } from '../client/client.ts'
import { readDocuments } from '../code/documents.ts'
import { CloudWorkError } from './cloud-work.ts'
import type { StoryContext } from './context.ts'
import { type DriftRow, driftLines, type KpiRow, kpiLines, orderingLines, type StockOuts } from './telling.ts'

const LOOK = 100
/** Real milliseconds for what takes seconds, and minutes on a small machine that plays all shops beside it. */
const RUN_WITHIN = 300_000
const HEARD_WITHIN = 300_000
const RULE = fileURLToPath(new URL('../alerts/rollout-failed.yaml', import.meta.url))

type MonitoringRun = Got<'/v1/monitoring-runs/{run}'>

/** Has the cloud look for drift in what had closed by now, and tells what it found. @throws CloudWorkError */
export async function lookForDrift({ constellation, crew, terminal, signal }: StoryContext): Promise<string[]> {
  const client = crew.operator
  let run = await client.post<MonitoringRun>('/v1/monitoring-runs', { until: Math.floor(constellation.now()) })
  for (const began = performance.now(); run.state === 'queued' || run.state === 'running'; ) {
    if (performance.now() - began > RUN_WITHIN) throw new CloudWorkError('drift-unknown', `run ${run.id} does not end`)
    terminal.progress(`the cloud looks for drift: run ${run.id} is ${run.state}`)
    await sleep(LOOK, undefined, { signal })
    run = await client.get(`/v1/monitoring-runs/${run.id}`)
  }
  if (!run.summary) throw new CloudWorkError('drift-unknown', run.error?.message ?? `run ${run.id} found nothing out`)
  const found = await listAll<DriftRow>(client, '/v1/drift', { run: run.id, scope: 'device' })
  return driftLines(run.summary, found)
}

/** What the programme is measured by, over some days of store time. */
export async function measure({ constellation, definition }: StoryContext, span: { from: number; to: number }) {
  const { client } = constellation.cloud
  const query = { from: `${span.from}`, to: `${span.to}`, model: definition.metadata.name }
  return kpiLines(await listAll<KpiRow>(client, '/v1/kpis', query))
}

/** What came of decisions, and what they made of stock-outs, since staff order by them. */
export async function judgeOrdering({ constellation, definition, scene }: StoryContext, to: number): Promise<string[]> {
  const { client } = constellation.cloud
  if (!scene.ordering) return []
  const { since, from, ...cohorts } = scene.ordering
  const at = (day: string) => calendar(scene.shops[0]!.timeZone).daySpan(day).start
  const model = definition.metadata.name
  const kpis = await listAll<KpiRow>(client, '/v1/kpis', { from: `${at(from)}`, to: `${to}`, model })
  const span = { from: `${at(since)}`, change: `${at(from)}`, to: `${to}` }
  const query = new URLSearchParams({ ...span, model, ...cohorts })
  return orderingLines(from, kpis, await client.get<StockOuts>(`/v1/kpis/stock-out-rate/comparison?${query}`))
}

type Alert = Item<'/v1/alerts'>

/** The operator says of every alert that fires what there is to it. */
export async function takeUpAlerts({ crew }: StoryContext, note: string): Promise<string[]> {
  const firing = await listAll<Alert>(crew.operator, '/v1/alerts', { state: 'firing' })
  for (const { id } of firing) await crew.operator.post(`/v1/alerts/${id}/acknowledge`, { note })
  return firing.map(({ id }) => `olga takes alert ${id} up: ${note}`)
}

export interface AlertPost extends AsyncDisposable {
  /** Lines for the alerts that have come since it was asked last. */
  newLines(): string[]
  /** Waits for the first. @throws CloudWorkError */
  heard(): Promise<void>
}

/** The shipped rule about rollouts, and a route to a receiver of the demo's own, as a chat room's webhook would be. */
export async function postAlerts({ constellation, signal }: StoryContext): Promise<AlertPost> {
  const { client } = constellation.cloud
  const lines: string[] = []
  let heard = 0
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const { severity, status, summary } = await bodyOf(request)
    lines.push(`alert, ${status === 'firing' ? severity : status}: ${summary}`)
    heard++
    response.end()
  }
  const server = createServer((request, response) => {
    // Cut while it was being sent, as by the end of the story: the cloud sends it again, or nobody waits for it.
    take(request, response).catch(() => response.destroy())
  })
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const [rule] = await readDocuments(RULE)
  await client.put(`/v1/alert-rules/${rule!.name}`, rule!.document)
  await client.put('/v1/alert-routes/demo', {
    apiVersion: 'storecast/v1',
    kind: 'AlertRoute',
    metadata: { name: 'demo' },
    spec: { receiver: { type: 'webhook', firing: { url: `http://127.0.0.1:${port}` } } },
  })
  return {
    newLines: () => lines.splice(0),
    async heard() {
      for (const began = performance.now(); heard === 0; await sleep(LOOK, undefined, { signal })) {
        if (performance.now() - began > HEARD_WITHIN) throw new CloudWorkError('alert-missing', 'no alert came')
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<{ severity: string; status: string; summary: string }> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString())
}
