import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { caller } from './cloud.ts'

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
  stack.defer(() => void child.kill('SIGKILL'))
  const output: string[] = []
  createInterface(child.stdout).on('line', (line) => output.push(line))
  createInterface(child.stderr).on('line', (line) => output.push(line))
  const url = await vi.waitFor(
    () => {
      if (child.exitCode !== null) return undefined
      const found = /at (http:\S+),/.exec(output.join('\n'))?.[1]
      if (!found) throw new Error(`not up yet: ${output.join('\n')}`)
      return found
    },
    { timeout: 30_000 },
  )
  return { process: child, url: url ?? '', output, call: caller({ url: url ?? '', adminToken: TOKEN }) }
}
