import { statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { calendar } from '@storecast/shared/windows'
import { startAgent } from '../agent.ts'
import { parseConfig } from '../config.ts'
import { lastRun } from '../forecasts/runs.ts'
import { databaseFile } from '../paths.ts'
import { openReading } from '../platform/database.ts'
import { createLogger } from '../platform/logger.ts'
import { manualClock } from '../platform/manual-clock.ts'
import { endWithParent } from '../platform/spawn.ts'
import type { Reading } from '../sensors/reading.ts'
import { type AwayShop, arriving, awaySensors, PRODUCTS } from './away-source.ts'
import { SigningCloud } from './signing-cloud.ts'
import { tinyDemand } from './tiny-demand.ts'

/**
 * A whole agent in a process of its own, to be killed, that lives through store time as it is told to: readings come in
 * through the buffer, step by step, and every midnight is waited for until its forecast is made.
 */

export interface AwaySettings {
  readonly folder: string
  /** Of the broker. */
  readonly mqtt: string
  readonly timeZone: string
  readonly shop: AwayShop
  readonly now: number
  /** Of the database; the config takes no less than 16 MB, which a short test does not fill. */
  readonly capBytes: number
  readonly rawHours: number
  readonly uplinkBytesPerSecond: number
  /** Store milliseconds of readings that come, and are committed, together. */
  readonly stepMs: number
}

export interface AwayRequest {
  /** Store time to live through, whole minutes. */
  readonly from: number
  readonly to: number
}

export type AwayReply =
  | { readonly url: string }
  | {
      /** Store time. */
      readonly lived: number
      readonly peakDatabaseBytes: number
      readonly peakResidentBytes: number
      readonly forecasts: number
    }

const MB = 1024 * 1024

endWithParent()
const settings = JSON.parse(process.argv[2]!) as AwaySettings
const { folder, shop, timeZone } = settings
const identity = join(folder, 'data', 'identity')
await mkdir(identity, { recursive: true })
await writeFile(join(identity, 'root.json'), new SigningCloud({ put: async () => undefined }).firstRoot)
const text = {
  ...{ device: 'away-1', http: { port: 0 }, timeZone, sensors: awaySensors(shop) },
  cloud: { mqtt: settings.mqtt, uplinkBytesPerSecond: settings.uplinkBytesPerSecond },
  limits: { rawHours: settings.rawHours },
}
const parsed = parseConfig(JSON.stringify(text), join(folder, 'agent.yaml'))
const config = { ...parsed, limits: { ...parsed.limits, databaseMb: settings.capBytes / MB } }
const clock = manualClock(settings.now)
const secrets = { claim: undefined, deviceToken: 'token', httpToken: undefined }
const agent = await startAgent(config, secrets, { clock, log: createLogger({ level: 'error' }) })
const { buffer, windows, models } = agent.pipeline
await agent.pipeline.apply({
  kind: 'catalogue',
  ...{ site: 's1', timeZone, labels: {} },
  entities: PRODUCTS.map((id) => ({ id, attributes: {} })),
})
await models.activate(await tinyDemand({ directory: folder }))
const file = databaseFile(config)
const db = openReading(file)
const zone = calendar(timeZone)

let peakDatabaseBytes = 0
let peakResidentBytes = 0
const bytesOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0
setInterval(() => {
  const bytes = ['', '-wal', '-shm'].reduce((sum, end) => sum + bytesOf(file + end), 0)
  peakDatabaseBytes = Math.max(peakDatabaseBytes, bytes)
  peakResidentBytes = Math.max(peakResidentBytes, process.memoryUsage.rss())
}, 20)

async function live({ from, to }: AwayRequest): Promise<void> {
  for (let at = from; at < to; ) {
    const until = Math.min(to, at + settings.stepMs)
    await accept(arriving(shop, { from: at, to: until }))
    clock.advance(until - clock.now())
    at = until
    if (zone.windowAt(at, '1d').start === at) await midnight(at)
  }
  await windows.closeUntil(to)
}

/** In portions, so that they do not all wait in memory. */
async function accept(readings: Iterable<Reading>): Promise<void> {
  let portion: Reading[] = []
  for (const reading of readings) {
    portion.push(reading)
    if (portion.length < 4096) continue
    await buffer.accept(portion, { urgent: true })
    portion = []
  }
  await buffer.accept(portion, { urgent: true })
}

/** Everything of the day is in its windows, and the next one is forecast. */
async function midnight(at: number): Promise<void> {
  await windows.closeUntil(at)
  while ((lastRun(db, 'demand')?.issuedAt ?? 0) < at) await new Promise((resolve) => setTimeout(resolve, 5))
}

const forecasts = () => db.prepare('SELECT count(*) FROM forecast_runs').pluck().get() as number

process.on('message', (request: AwayRequest) => {
  live(request).then(
    () => reply({ lived: request.to, peakDatabaseBytes, peakResidentBytes, forecasts: forecasts() }),
    (error: Error) => {
      console.error(error)
      process.exit(1)
    },
  )
})
reply({ url: agent.url })

function reply(message: AwayReply): void {
  process.send?.(message)
}
