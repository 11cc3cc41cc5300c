import childProcess from 'node:child_process'
import { writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { argv, kill, pid, stdout } from 'node:process'
import { createLog } from '../platform/log.ts'
import { startPostgres } from '../platform/postgres.ts'

// A process of its own that owns a PostgreSQL, for tests that kill it, or that kills itself.
const [, , directory, fault] = argv
if (fault === 'killed-as-it-spawns') {
  const { spawn } = childProcess
  childProcess.spawn = ((...what: Parameters<typeof spawn>) => {
    writeSync(stdout.fd, `${spawn(...what).pid}\n`)
    kill(pid, 'SIGKILL')
  }) as typeof spawn
  syncBuiltinESMExports()
}
const server = await startPostgres({ directory: directory!, log: createLog('silent'), settings: { fsync: 'off' } })
stdout.write(`${server.pid}\n`)
setInterval(() => {}, 60_000)
