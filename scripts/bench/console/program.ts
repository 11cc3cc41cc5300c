import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '@storecast/shared/test/ports'
import { caller } from '../../../cloud/test/cloud.ts'

/** The cloud as it ships, in a process of its own. */
export interface CloudProgram {
  readonly url: string
  /** As devices reach it. */
  readonly devicesUrl: string
  readonly pid: number
  readonly adminToken: string
  /** From the start of the process until the API listened. */
  readonly startSeconds: number
  readonly call: ReturnType<typeof caller>
  stop(): Promise<void>
}

const ADMIN_TOKEN = 'of-the-benchmark'

/** Addresses stay from one start to the next, as a deployment's do. */
export async function cloudPlace(folder: string, databaseUrl: string) {
  const [http, mqtt, devices, mqtts] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const config = join(folder, 'cloud.yaml')
  const devicesUrl = `https://127.0.0.1:${devices}`
  await writeFile(
    config,
    JSON.stringify({
      data: join(folder, 'data'),
      http: { port: http, publicUrl: `http://127.0.0.1:${http}` },
      mqtt: { port: mqtt },
      devices: { port: devices, publicUrl: devicesUrl },
      mqtts: { port: mqtts },
      logLevel: 'error',
    }),
  )
  return { start: () => startProgram({ config, devicesUrl, databaseUrl }) }
}

const main = fileURLToPath(new URL('../../../cloud/main.ts', import.meta.url))

async function startProgram(options: {
  config: string
  devicesUrl: string
  databaseUrl: string
}): Promise<CloudProgram> {
  const { config, devicesUrl, databaseUrl } = options
  const began = performance.now()
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      STORECAST_CONFIG: config,
      DATABASE_URL: databaseUrl,
      STORECAST_ADMIN_TOKEN: ADMIN_TOKEN,
    },
  })
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the cloud of the benchmark has ended')))
  ended.catch(() => {})
  const listening = new Promise<string>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      const url = /Storecast is at (\S+),/.exec(line)?.[1]
      if (url) resolve(url)
      else if (line.includes('"level"')) console.error(line)
    })
  })
  const url = await Promise.race([listening, ended, late()])
  const startSeconds = (performance.now() - began) / 1000
  return {
    ...{ url, devicesUrl, startSeconds, pid: child.pid!, adminToken: ADMIN_TOKEN },
    call: caller({ url, adminToken: ADMIN_TOKEN }),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
}

const START_MS = 300_000

async function late(): Promise<never> {
  await delay(START_MS, undefined, { ref: false })
  throw new Error(`the cloud of the benchmark does not listen after ${START_MS / 1000} s`)
}
