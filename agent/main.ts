#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=2
import { parseArgs } from 'node:util'
import { startAgent } from './agent.ts'
import { ConfigError, loadConfig } from './config.ts'
import { examine } from './doctor.ts'

const USAGE = `storecast-agent: forecasts inside a store

  storecast-agent run --config agent.yaml      run until SIGINT or SIGTERM
  storecast-agent doctor --config agent.yaml   check broker, trust, clock, disk, database, sensors and model host

Secrets: STORECAST_DEVICE_TOKEN and STORECAST_HTTP_TOKEN, or the files that the config names.
Exit status: 0 fine, 1 failed (doctor: something needs doing), 2 wrong usage or config.
`

/** @returns the exit status */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { config: { type: 'string', short: 'c' }, help: { type: 'boolean', short: 'h' } },
  })
  const [command] = positionals
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (values.config === undefined || positionals.length !== 1 || (command !== 'run' && command !== 'doctor')) {
    process.stderr.write(USAGE)
    return 2
  }
  if (command === 'doctor') {
    const healthy = await examine(values.config, process.env, (line) => process.stdout.write(`${line}\n`))
    return healthy ? 0 : 1
  }
  const { config, secrets } = await loadConfig(values.config, process.env)
  await using agent = await startAgent(config, secrets)
  await Promise.race([signalled(), agent.failed])
  return 0
}

/** The first signal ends the agent in order; a second one at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(1)
        asked = true
        resolve()
      })
    }
  })
}

try {
  process.exitCode = await main()
} catch (error) {
  const { code, message, stack } = error as Error & { code?: unknown }
  // An error with a code of ours says what to do; of any other the stack says where it came from.
  process.stderr.write(`storecast-agent: ${typeof code === 'string' ? message : (stack ?? error)}\n`)
  const wrongUse = error instanceof ConfigError || (typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS'))
  process.exitCode = wrongUse ? 2 : 1
}
