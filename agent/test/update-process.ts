/**
 * A whole agent in a process of its own, to be killed: `update-process.ts run --config agent.yaml`, as `main.ts` is called.
 * What it desires is put into its database by the test, as if it had been judged.
 */
import { once } from 'node:events'
import { startAgent } from '../agent.ts'
import { loadConfig } from '../config.ts'

const { config, secrets } = await loadConfig(process.argv.at(-1)!, process.env)
await using agent = await startAgent(config, secrets)
await Promise.race([once(process, 'SIGTERM'), agent.failed])
