import { argv, stdout } from 'node:process'
import { createLog } from '../platform/log.ts'
import { startPostgres } from '../platform/postgres.ts'

// A process of its own that owns a PostgreSQL, for tests that kill it.
const server = await startPostgres({
  directory: argv[2]!,
  log: createLog('silent'),
  settings: { fsync: 'off' },
})
stdout.write(`${server.pid}\n`)
setInterval(() => {}, 60_000)
