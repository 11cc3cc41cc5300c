import { join } from 'node:path'
import { RevocationAnnouncement } from '@storecast/shared/contracts'
import { REVOCATIONS_TOPIC } from '@storecast/shared/wire'
import { connectAsync, type IPublishPacket, type MqttClient } from 'mqtt'
import { z } from 'zod'
import { readIfThere, replaceFile } from './files.ts'

export interface RevocationWatch extends AsyncDisposable {
  /** Rejects when the watch cannot go on. */
  readonly failed: Promise<never>
}

export interface WatchOptions {
  /** The cloud's login at the broker. */
  readonly url: string
  /** As `setUpMosquitto` filled it. */
  readonly folder: string
  /** Makes the broker read its files again: SIGHUP. */
  readonly reload: () => Promise<void>
  readonly say: (line: string) => void
}

/** What was installed, with every session that it ends ended. */
const Installed = z.object({ number: z.int().nonnegative(), serials: z.array(z.string()) })

const MAX_BYTES = 1024 * 1024
const TRIES_MS = [200, 1000, 5000] as const
/** The packet that is being handled when the signal comes is answered before the reload, the next one after it. */
const ROUND_TRIPS = 2
const PROBE_TOPIC = 'storecast/cloud/reload'

/**
 * Waits for the revocation list that the cloud keeps at the broker, installs each newer one, has the broker reload it, and
 * takes over the sessions of what it revokes: Mosquitto checks a certificate at its connect alone.
 */
export async function watchRevocations(options: WatchOptions): Promise<RevocationWatch> {
  const { url, folder, reload, say } = options
  const state = join(folder, 'installed.json')
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  let over = false
  let newest: Buffer | undefined
  let working: Promise<void> | undefined
  let client: MqttClient | undefined

  const install = async (payload: Buffer) => {
    const began = performance.now()
    if (payload.length > MAX_BYTES) throw new RangeError(`a revocation list of ${payload.length} bytes`)
    const { number, pem, revoked } = RevocationAnnouncement.parse(JSON.parse(payload.toString()))
    const before = await readInstalled(state)
    if (number <= before.number) return
    await replaceFile(join(folder, 'crl.pem'), pem, 0o644)
    await reload()
    for (let trip = 0; trip < ROUND_TRIPS; trip++) await client!.publishAsync(PROBE_TOPIC, '', { qos: 1 })
    const fresh = revoked.filter(({ serial }) => !before.serials.includes(serial))
    const devices = new Set(fresh.flatMap(({ device }) => (device === null ? [] : [device])))
    for (const device of devices) await takeOver(url, device)
    await replaceFile(state, JSON.stringify({ number, serials: revoked.map(({ serial }) => serial) }), 0o600)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    say(
      `revocation list ${number} installed in ${seconds} s: ${revoked.length} certificates, ${devices.size} sessions ended`,
    )
  }
  const work = async () => {
    for (let failures = 0; newest && !over; ) {
      const payload = newest
      newest = undefined
      try {
        await install(payload)
        failures = 0
      } catch (error) {
        const wait = TRIES_MS[failures++]
        if (wait === undefined || over) throw error
        say(`the revocation list was not installed, trying again: ${(error as Error).message}`)
        newest ??= payload
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
    }
  }
  const wake = () => {
    working ??= work()
      .catch((error) => {
        if (!over) failed.reject(error)
      })
      .finally(() => {
        working = undefined
      })
  }

  client = await connectAsync(url, { clean: true, reconnectPeriod: 1000, clientId: `storecast-helper-${process.pid}` })
  client.on('message', (_topic: string, payload: Buffer, packet: IPublishPacket) => {
    if (packet.topic !== REVOCATIONS_TOPIC) return
    newest = payload
    wake()
  })
  client.on('error', (error) => say(`the broker: ${error.message}`))
  await client.subscribeAsync(REVOCATIONS_TOPIC, { qos: 1 })
  return {
    failed: failed.promise,
    async [Symbol.asyncDispose]() {
      over = true
      // First: what waits for the broker fails with its connection.
      await client.endAsync(true)
      await working
    },
  }
}

/** A second session under its client id ends the device's own; this one goes at once. */
async function takeOver(url: string, device: string): Promise<void> {
  const client = await connectAsync(url, { clientId: device, clean: true, reconnectPeriod: 0, connectTimeout: 10_000 })
  await client.endAsync()
}

async function readInstalled(path: string): Promise<z.infer<typeof Installed>> {
  const text = await readIfThere(path)
  return text === undefined ? { number: -1, serials: [] } : Installed.parse(JSON.parse(text))
}

/** Sends SIGHUP to the process whose id a file holds. @throws an `Error` where there is none */
export async function hangUp(pidFile: string): Promise<void> {
  const pid = Number((await readIfThere(pidFile))?.trim())
  if (!Number.isInteger(pid) || pid <= 1) throw new Error(`${pidFile} holds no process id: is Mosquitto running?`)
  process.kill(pid, 'SIGHUP')
}
