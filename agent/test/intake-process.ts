import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Buffer } from '../buffer/index.ts'
import { systemClock } from '../platform/clock.ts'
import { openReading } from '../platform/database.ts'
import { createLogger } from '../platform/logger.ts'
import { endWithParent } from '../platform/spawn.ts'
import { startWriter } from '../platform/writer.ts'
import { SourceConfig } from '../sensors/config.ts'
import { Sensors } from '../sensors/index.ts'
import { Windows } from '../windows/index.ts'
import type { AgentProcedures } from '../writer-thread.ts'
import { sales, temperature } from './storage.ts'

/**
 * A process that only takes readings in, to be killed: MQTT events and pushed gauges, into windows. Told `close`, it
 * closes every window and answers.
 */
export type IntakeProcessReply = { readonly port: number } | { readonly closed: true }

endWithParent()
const [file, brokerUrl] = process.argv.slice(2) as [string, string]
const writer = await startWriter<AgentProcedures>(new URL('../writer-thread.ts', import.meta.url), { file })
const db = openReading(file)
const clock = systemClock()
const log = createLogger({ level: 'error' })
const timeZone = 'Europe/Berlin'
const buffer = await Buffer.start({ writer, db, clock, commitDelayMs: 10 })
// Late at once, so that windows are revised all the time.
const windows = await Windows.start({ writer, db, buffer, clock, log, timeZone, graceMs: 0, lateDelayMs: 5 })
const sensors = await Sensors.start({
  ...{ intake: buffer, writer, clock, log, timeZone, device: 'crash' },
  definitions: [sales, temperature],
  sources: [
    SourceConfig.parse({
      kind: 'mqtt',
      name: 'tills',
      url: brokerUrl,
      topics: [
        {
          filter: 'till/+/sold',
          entity: { topicLevel: 1 },
          time: { path: 't' },
          id: 'id',
          fields: [{ sensor: 'sales', path: 'units' }],
        },
      ],
    }),
  ],
})
const push = sensors.routes.find(({ path }) => path === '/v1/readings')!.handle
const server = createServer(async (request, response) => {
  const body = await request.toArray()
  const reply = await push({
    query: new URLSearchParams(),
    headers: request.headers,
    body: async () => globalThis.Buffer.concat(body),
  })
  response.writeHead(reply.status).end(JSON.stringify(reply.json ?? {}))
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port } satisfies IntakeProcessReply)
})
process.on('message', async () => {
  await windows.closeUntil(clock.now() + 3_600_000)
  process.send?.({ closed: true } satisfies IntakeProcessReply)
})
