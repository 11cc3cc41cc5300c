import type { ForecastRecord } from '@storecast/shared/contracts'
import { Sketch } from '@storecast/shared/windows'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deviceMigrations } from '../devices/index.ts'
import { ingestMigrations } from '../ingest/index.ts'
import { TestDevice, TestIngest } from '../ingest/test/device.ts'
import type { Database } from '../platform/database.ts'
import { lock } from '../platform/locks.ts'
import { testDatabase } from '../test/database.ts'
import { addDecisions, addEvidence, addForecasts } from '../test/records.ts'
import { dropOldRecords } from './expired-records.ts'
import { telemetryMigrations } from './migrations.ts'

const DAY = 86_400_000
const now = Date.UTC(2026, 6, 1)
const device = 'berlin-1'
const policy = { forecasts: 100, decisions: 60, events: 40 }
const TABLES = ['forecasts', 'evidence', 'decisions', 'events', 'gaps', 'window_conflicts', 'device_absences'] as const

let database: Database
beforeAll(async () => {
  database = await testDatabase([...deviceMigrations, ...ingestMigrations, ...telemetryMigrations])
  await new TestIngest(database).enrol(new TestDevice(device))
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  await database.pool.query(`TRUNCATE ${TABLES.join(', ')}`)
  for (const days of [30, 50, 70, 110]) await addAll(days)
})

const drop = (retention: Parameters<typeof dropOldRecords>[1]['retention'], signal = new AbortController().signal) =>
  dropOldRecords(database, { retention, now, signal })
const rows = async () => {
  const counts: Record<string, number> = {}
  for (const table of TABLES) {
    const { rows } = await database.pool.query<{ count: number }>(`SELECT count(*) FROM ${table}`)
    counts[table] = rows[0]!.count
  }
  return counts
}

/** A row of each table, of so many days ago. */
async function addAll(days: number) {
  const { pool } = database
  const start = now - days * DAY
  const span = { model: 'demand', version: 1, entity: 'milk', issuedAt: start, start, end: start + DAY }
  const forecast: ForecastRecord = { ...span, quantiles: [1, 2, 3], mean: 2, baseline: 2 }
  await addForecasts(pool, device, [forecast])
  const id = `0195a2e4-1c00-7abc-8def-${String(days).padStart(12, '0')}`
  await addDecisions(pool, device, [
    {
      ...{ ...span, id, decision: 'reorder', quantiles: [1, 2, 3], stock: 1, onOrder: 0 },
      ...{ action: 'hold', quantity: 0 },
    },
  ])
  const sums = { difference: 0, differenceSquared: 0, largestDifference: 0, actual: 0, moved: 0, crashes: 0 }
  const errors = { championAbsolute: 0, candidateAbsolute: 0, championError: 0, candidateError: 0 }
  const counts = { rows: 0, excluded: 0, intervals: 0, championCovered: 0, candidateCovered: 0 }
  const pair = { model: 'demand', champion: 1, candidate: 2, region: '', latency: new Sketch().bins() }
  const day = new Date(start).toISOString().slice(0, 10)
  await addEvidence(pool, device, { ...pair, ...sums, ...errors, ...counts, day })
  await addEvents(start, 1)
  await pool.query(
    `INSERT INTO gaps (device, epoch, cause, first_seq, last_seq, noticed_at) VALUES ($1, 1, 'dropped', 1, 2, $2)`,
    [device, start],
  )
  await pool.query(
    `INSERT INTO window_conflicts (series, start_at, end_at, count, finer_count, epoch, seq, noticed_at)
     VALUES (1, $1, $1, 1, 2, 1, 1, $1)`,
    [start],
  )
  await pool.query(
    'INSERT INTO device_absences (device, began_at, back_at, times, away_ms) VALUES ($1, $2, $2, 1, 0)',
    [device, start],
  )
}

async function addEvents(at: number, count: number) {
  await database.pool.query(
    `INSERT INTO events (device, id, at, severity, code, message, detail, epoch, seq, received_at)
     SELECT $1, gen_random_uuid(), $2, 'info', 'started', '', '{}', 1, 1, 0 FROM generate_series(1, $3)`,
    [device, at, count],
  )
}

describe('records', () => {
  it('are dropped once they are older than policy keeps them, each kind by its own', async () => {
    expect(await drop(policy)).toEqual({
      ...{ forecasts: 1, evidence: 1, decisions: 2 },
      ...{ events: 3, gaps: 3, window_conflicts: 3, device_absences: 3 },
    })
    expect(await rows()).toEqual({
      ...{ forecasts: 3, evidence: 3, decisions: 2 },
      ...{ events: 1, gaps: 1, window_conflicts: 1, device_absences: 1 },
    })
    expect(await drop(policy)).toEqual({})
  })

  it('are kept for good where policy says so', async () => {
    const before = await rows()
    expect(await drop({ forecasts: null, decisions: null, events: null })).toEqual({})
    expect(await rows()).toEqual(before)
  })

  it('go step by step where many are old, and the newer ones stay', async () => {
    await addEvents(now - 41 * DAY, 20_001)
    expect(await drop({ forecasts: null, decisions: null, events: 40 })).toMatchObject({ events: 20_004 })
    expect(await rows()).toMatchObject({ events: 1, forecasts: 4 })
  })

  it('wait where another cloud is at it, or this one ends', async () => {
    const before = await rows()
    await database.transaction(async (client) => {
      await lock(client, 'upkeep')
      expect(await drop(policy)).toEqual({})
    })
    expect(await drop(policy, AbortSignal.abort())).toEqual({})
    expect(await rows()).toEqual(before)
  })
})
