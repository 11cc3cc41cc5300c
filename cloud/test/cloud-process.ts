import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { caller } from './cloud.ts'
import { postgresEnd } from './postgres-end.ts'

const TOKEN = 'an-operator'

export interface CloudProcess {
  readonly process: ChildProcess
  readonly url: string
  readonly output: string[]
  readonly call: ReturnType<typeof caller>
}

/** The program as it ships, in a process of its own on `data`; one that ended instead of starting has no URL. */
export async function cloudProcess(
  stack: AsyncDisposableStack,
  data: string,
  env: Record<string, string> = {},
): Promise<CloudProcess> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      STORECAST_DATA: data,
      STORECAST_HTTP_PORT: '0',
      STORECAST_MQTT_PORT: '0',
      STORECAST_DEVICES_PORT: '0',
      STORECAST_MQTTS_PORT: '0',
      STORECAST_ADMIN_TOKEN: TOKEN,
      STORECAST_LOG_LEVEL: 'silent',
      ...env,
    },
  })
  stack.defer(() => killed(child, data))
  const output: string[] = []
  createInterface(child.stdout).on('line', (line) => output.push(line))
  createInterface(child.stderr).on('line', (line) => output.push(line))
  let hasEnded = false
  // Not with its exit, after which there may be output still to come.
  child.once('close', () => {
    hasEnded = true
  })
  const url = await vi.waitFor(
    () => {
      if (hasEnded) return undefined
      const found = /at (http:\S+),/.exec(output.join('\n'))?.[1]
      if (!found) throw new Error(`not up yet: ${output.join('\n')}`)
      return found
    },
    // A program that strips its types, makes a database and moves it forward, beside much else.
    { timeout: 120_000 },
  )
  return { process: child, url: url ?? '', output, call: caller({ url: url ?? '', adminToken: TOKEN }) }
}

/** Until its PostgreSQL is gone too, which ends by itself a moment later and writes to `data` on its way. */
async function killed(child: ChildProcess, data: string): Promise<void> {
  const ended = await postgresEnd(data)
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await ended()
}
