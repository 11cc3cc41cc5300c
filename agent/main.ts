#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=2
import { parseArgs } from 'node:util'
import { startAgent } from './agent.ts'
import { ConfigError, loadConfig, readConfig } from './config.ts'
import { examine } from './doctor.ts'
import { enrol } from './enroll.ts'
import { pinFile } from './paths.ts'
import { fileSize } from './platform/files.ts'
import { createLogger } from './platform/logger.ts'
import { settlePin } from './staff-pin.ts'

const USAGE = `storecast-agent: forecasts inside a store

  storecast-agent run --config agent.yaml      run until SIGINT or SIGTERM
  storecast-agent enroll --config agent.yaml   enrol with the claim now, and set the PIN of the shop's page
  storecast-agent pin --config agent.yaml      set that PIN anew: everybody signs in again
  storecast-agent doctor --config agent.yaml   check broker, trust, clock, disk, database, sensors and model host

  --pin-file FILE   takes the PIN from a file (-: standard input); else the terminal is asked, or a PIN is made and printed

Secrets: STORECAST_DEVICE_TOKEN and STORECAST_HTTP_TOKEN, or the files that the config names.
Exit status: 0 fine, 1 failed (doctor: something needs doing), 2 wrong usage or config.
`

/** @returns the exit status */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string', short: 'c' },
      'pin-file': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const [name = ''] = positionals
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name as keyof typeof COMMANDS] : undefined
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  if (values.config === undefined || positionals.length !== 1 || command === undefined) {
    process.stderr.write(USAGE)
    return 2
  }
  return command(values.config, values['pin-file'])
}

const print = (text: string) => void process.stdout.write(text)
const ENROLMENT_MS = 120_000

/** @returns the exit status */
const COMMANDS = {
  async run(file: string) {
    const { config, secrets } = await loadConfig(file, process.env)
    await using agent = await startAgent(config, secrets)
    await Promise.race([signalled(), agent.failed])
    return 0
  },

  async doctor(file: string) {
    const healthy = await examine(file, process.env, (line) => print(`${line}\n`))
    return healthy ? 0 : 1
  },

  async pin(file: string, from?: string) {
    await settlePin(await readConfig(file), { from, input: process.stdin, print })
    return 0
  },

  /** The PIN first: without one, a config that listens on the network is refused. One that is set stays. */
  async enroll(file: string, from?: string) {
    const early = await readConfig(file)
    const hasPin = (await fileSize(pinFile(early))) !== undefined
    if (from !== undefined || !hasPin) await settlePin(early, { from, input: process.stdin, print })
    const { config, secrets } = await loadConfig(file, process.env)
    const log = createLogger({ level: 'silent' })
    print(`${config.device} is enrolled: ${await enrol(config, secrets, { log, patienceMs: ENROLMENT_MS })}\n`)
    return 0
  },
} as const

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
