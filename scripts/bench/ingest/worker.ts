import { createMetrics } from '../../../cloud/api/metrics.ts'
import { ingestMetrics, startIngest } from '../../../cloud/ingest/index.ts'
import { systemClock } from '../../../cloud/platform/clock.ts'
import { openDatabase } from '../../../cloud/platform/database.ts'
import { createLog } from '../../../cloud/platform/log.ts'

/** Parent → worker: join the shared subscription, or leave it. The process stays, and with it what V8 has compiled. */
export interface WorkerRequest {
  readonly join: boolean
}
/** Worker → parent, when it has left: what its transactions were since it joined. */
export interface WorkerReply {
  readonly transactions: number
  readonly messages: number
}

const [databaseUrl, mqttUrl] = process.argv.slice(2) as [string, string]
const log = createLog('error')
const database = await openDatabase({ url: databaseUrl, log })
const { registry } = createMetrics()
const metrics = ingestMetrics(registry)
let worker: AsyncDisposable | undefined

async function groups(): Promise<{ transactions: number; messages: number }> {
  const { values } = await metrics.messages.get()
  const of = (suffix: string) => values.find(({ metricName }) => metricName?.endsWith(suffix))?.value ?? 0
  return { transactions: of('_count'), messages: of('_sum') }
}

process.on('message', async ({ join }: WorkerRequest) => {
  if (join) {
    metrics.messages.reset()
    worker = startIngest({
      database,
      presences: { take: async () => {} },
      broker: { url: mqttUrl, clientId: `worker-${process.pid}` },
      group: 'bench',
      metrics,
      clock: systemClock,
      log,
    })
    return
  }
  await worker?.[Symbol.asyncDispose]()
  process.send?.((await groups()) satisfies WorkerReply)
})
process.on('disconnect', () => process.exit(0))
