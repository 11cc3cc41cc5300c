import { argv, stdout } from 'node:process'
import { Registry } from 'prom-client'
import { devicePresences } from '../devices/index.ts'
import { ingestMetrics, startIngest } from '../ingest/index.ts'
import { startBroker } from '../platform/broker.ts'
import { systemClock } from '../platform/clock.ts'
import { openDatabase } from '../platform/database.ts'
import { quiet } from './database.ts'

// An ingest worker in a process of its own, for tests that kill it: on a broker's URL as one of a group that shares the
// messages, or with an embedded broker on a port, as a small cloud runs.
const [databaseUrl, urlOrPort] = argv.slice(2) as [string, string]

const database = await openDatabase({ url: databaseUrl, log: quiet })
const clock = systemClock
const port = Number(urlOrPort)
const embedded = Number.isInteger(port)
  ? await startBroker({ host: '127.0.0.1', port, log: quiet, isDevice: async () => true, onRefused: () => {} })
  : undefined
startIngest({
  database,
  presences: devicePresences({ database, clock }),
  broker: {
    clientId: `worker-${process.pid}`,
    ...(embedded ? { url: embedded.url, ...embedded.cloud } : { url: urlOrPort }),
  },
  ...(!embedded && { group: 'ingest' }),
  metrics: ingestMetrics(new Registry()),
  clock,
  log: quiet,
})
stdout.write('ready\n')
