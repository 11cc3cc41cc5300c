/** `./scripts/demo [--once] [--data <FreshRetailNet csv.gz>] [--folder <to keep>]` */
import { inspect, parseArgs } from 'node:util'
import { runDemo } from '@storecast/fleet/demo'
import { processTerminal } from '@storecast/fleet/terminal'

const abort = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => abort.abort(new Error(`stopped by ${name}`)))

const terminal = processTerminal()
const { once, data, folder } = wanted()
try {
  await runDemo({
    once,
    terminal,
    signal: abort.signal,
    ...(data !== undefined && { data }),
    ...(folder !== undefined && { folder }),
  })
} catch (error) {
  // A stop that was asked for is told by its status alone.
  if (!abort.signal.aborted) terminal.err(inspect(error))
  process.exitCode = abort.signal.aborted ? 130 : 1
}

function wanted() {
  try {
    const options = {
      once: { type: 'boolean', default: false },
      data: { type: 'string' },
      folder: { type: 'string' },
    } as const
    return parseArgs({ options }).values
  } catch (error) {
    terminal.err(`${(error as Error).message}\nSee ./scripts/demo --help.`)
    process.exit(2)
  }
}
