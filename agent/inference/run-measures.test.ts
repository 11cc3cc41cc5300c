import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Listeners } from '../platform/listeners.ts'
import { createLogger } from '../platform/logger.ts'
import { openInMemory, openStorage, type Storage } from '../test/storage.ts'
import type { ModelRun } from './models.ts'
import { RunMeasures } from './run-measures.ts'

const MINUTE = 60_000
const T0 = Date.parse('2026-03-28T12:00:00Z')
const log = createLogger({ level: 'silent' })

let storage: Storage
beforeEach(async () => {
  storage = await openStorage('', { now: T0, inline: openInMemory() })
})
afterEach(() => storage[Symbol.asyncDispose]())

const stored = (sensor: string) => [...storage.windows.read({ sensor, from: 0, to: 4e12 })]
const run = (version: number, outcome: ModelRun['outcome'], ms: number): ModelRun => ({
  ...{ model: 'demand', version, sha256: '', outcome, ms },
})
describe('what models take', () => {
  it('is in windows of the site’s calendar: a latency for each answer, a failure or none for each run', async () => {
    const runs = new Listeners<ModelRun>()
    const models = { onRun: (listener: (run: ModelRun) => void) => runs.add(listener) }
    const { windows, writer, clock } = storage
    await using measures = new RunMeasures({ models, windows, writer, clock, log })
    for (const ms of [2, 1.5]) runs.tell(run(1, 'done', ms))
    runs.tell(run(1, 'failed', 9))
    clock.advance(5 * MINUTE)
    runs.tell(run(2, 'crashed', 0))
    await measures[Symbol.asyncDispose]()
    const [window, ...rest] = stored('$model-latency')
    expect(rest).toEqual([])
    expect(window).toMatchObject({ start: T0, end: T0 + 5 * MINUTE, count: 2, sum: 3500, min: 1500, max: 2000 })
    expect(stored('$model-failures')).toMatchObject([
      { series: { entity: 'demand.1' }, start: T0, count: 3, sum: 1 },
      { series: { entity: 'demand.2' }, start: T0 + 5 * MINUTE, count: 1, sum: 1 },
    ])
  })
})
