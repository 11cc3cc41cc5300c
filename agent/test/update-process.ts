/**
 * A whole agent in a process of its own, to be killed: `update-process.ts run --config agent.yaml`, as `main.ts` is called.
 * The signed desired state in `desired.jws` beside its data reaches it at every start, as a retained message would.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startAgent } from '../agent.ts'
import { loadConfig } from '../config.ts'

const { config, secrets } = await loadConfig(process.argv.at(-1)!, process.env)
await using agent = await startAgent(config, secrets)
agent.receive(await readFile(join(config.dataDir, '..', 'desired.jws')))
await Promise.race([once(process, 'SIGTERM'), agent.failed])
