import { randomBytes } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { postgresEnd } from '@storecast/cloud/test/postgres-end'
import { freePort } from '@storecast/shared/test/ports'
import { type CloudClient, cloudClient } from '../client/client.ts'
import { Program } from './program.ts'

/** Shops live on store time, often years ago, and this cloud on real time: by its defaults their data would be too old to keep. */
const KEEP = { windows: null, hours: null, days: null, forecasts: null, decisions: null, events: null }
const ENTRY = fileURLToPath(new URL('../../cloud/main.ts', import.meta.url))

export interface CloudProgram extends AsyncDisposable {
  readonly program: Program
  readonly client: CloudClient
  /** Where devices connect. */
  readonly mqttsUrl: string
  /** An operator's token, for the URLs that people open. */
  readonly adminToken: string
  /** Its database and objects. */
  readonly dataDir: string
  /** Removes them, as a broken disk would, once nothing writes to them; the program does not run. */
  loseData(): Promise<void>
}

/** Starts the cloud as it is shipped, in a process of its own on this machine's loopback address. */
export async function startCloudProgram(options: {
  folder: string
  /** Another than the cloud's own: the cloud's login, and where devices come. */
  broker?: { mqttUrl: string; mqttsUrl: string }
}): Promise<CloudProgram> {
  const { folder, broker } = options
  const [httpPort, mqttPort, devicesPort, mqttsPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const url = `http://127.0.0.1:${httpPort}`
  const dataDir = join(folder, 'cloud')
  const adminToken = randomBytes(24).toString('hex')
  const config = join(folder, 'cloud.yaml')
  await mkdir(folder, { recursive: true })
  await writeFile(
    config,
    `${JSON.stringify({ telemetry: { keep: KEEP }, stewardship: { keepDays: null } }, null, 2)}\n`,
  )
  const program = new Program({
    name: 'cloud',
    command: process.execPath,
    args: [ENTRY],
    env: {
      STORECAST_CONFIG: config,
      STORECAST_DATA: dataDir,
      // Kept apart from what a broken disk may take, as in production.
      STORECAST_TRUST_KEYS: join(folder, 'cloud-keys'),
      STORECAST_IDENTITY_FOLDER: join(folder, 'cloud-identity'),
      STORECAST_HTTP_PORT: `${httpPort}`,
      STORECAST_MQTT_PORT: `${mqttPort}`,
      STORECAST_DEVICES_PORT: `${devicesPort}`,
      STORECAST_MQTTS_PORT: `${mqttsPort}`,
      STORECAST_ADMIN_TOKEN: adminToken,
      STORECAST_LOG_LEVEL: 'info',
      ORT_DISABLE_TELEMETRY: '1',
      ...(broker && { MQTT_URL: broker.mqttUrl, STORECAST_MQTTS_URL: broker.mqttsUrl }),
    },
    logFile: join(folder, 'cloud.log'),
    probe: async (signal) => {
      const { ok, status } = await fetch(new URL('/healthz', url), { signal })
      if (!ok) throw new Error(`/healthz answers ${status}`)
    },
  })
  await program.start()
  return {
    program,
    client: cloudClient({ url, token: adminToken }),
    mqttsUrl: broker?.mqttsUrl ?? `mqtts://127.0.0.1:${mqttsPort}`,
    adminToken,
    dataDir,
    async loseData() {
      await (await postgresEnd(dataDir))()
      await rm(dataDir, { recursive: true, force: true })
    },
    async [Symbol.asyncDispose]() {
      const ended = await postgresEnd(dataDir)
      await program[Symbol.asyncDispose]()
      // One that took too long to end was killed; who removes its folder now must find it at rest.
      await ended()
    },
  }
}
