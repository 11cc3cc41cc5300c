import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SensorDefinitions } from '@storecast/shared/contracts'
import { type Agent, startAgent } from '../agent.ts'
import { parseConfig } from '../config.ts'
import { createLogger } from '../platform/logger.ts'
import { manualClock } from '../platform/manual-clock.ts'

const PATH = fileURLToPath(
  new URL('../../../shared/data/metro_traffic/Metro_Interstate_Traffic_Volume.csv.gz', import.meta.url),
)

/** Whether the data is there; says so where it is not. */
export function hasMetroTraffic(): boolean {
  const found = existsSync(PATH)
  if (!found) console.warn(`skipped: ${PATH} is not there`)
  return found
}

/** Rows of the file, the first hour of which it tells and the end of the last. */
export const METRO = {
  rows: 48_204,
  start: Date.parse('2012-10-02T09:00:00Z'),
  end: Date.parse('2018-10-01T00:00:00Z'),
} as const

const gauge = { kind: 'gauge', interval: 3600, window: '1h', resolution: 0.01 }
export const METRO_SENSORS = SensorDefinitions.parse([
  { ...gauge, name: 'temperature', unit: 'K', range: [200, 330], centre: 280 },
  { ...gauge, name: 'rain', unit: 'mm', range: [0, 300] },
  { ...gauge, name: 'traffic', unit: 'vehicles', range: [0, 10_000], resolution: 1 },
])

export interface MetroOptions {
  readonly folder: string
  /** Absent: the agent works alone. */
  readonly cloud?: { readonly device: string; readonly mqtt: string; readonly token: string }
}

/** A whole agent that replays the file as fast as it can, at the hour at which the file ends. */
export function startMetroAgent({ folder, cloud }: MetroOptions): Promise<Agent> {
  const settings = {
    device: cloud?.device ?? 'metro-1',
    http: { port: 0 },
    timeZone: 'UTC',
    ...(cloud && { cloud: { mqtt: cloud.mqtt, uplinkBytesPerSecond: 50_000_000 } }),
    sensors: METRO_SENSORS,
    sources: [
      {
        kind: 'csv',
        name: 'metro',
        path: PATH,
        speed: 'max',
        time: { column: 'date_time', format: 'local' },
        columns: [
          { column: 'temp', sensor: 'temperature' },
          { column: 'rain_1h', sensor: 'rain' },
          { column: 'traffic_volume', sensor: 'traffic' },
        ],
      },
    ],
  }
  return startAgent(
    parseConfig(JSON.stringify(settings), join(folder, 'agent.yaml')),
    { deviceToken: cloud?.token },
    // Nothing is missing yet of the hour that begins as the file ends.
    { clock: manualClock(METRO.end + 60_000), log: createLogger({ level: 'silent' }) },
  )
}
