import type { ToldClock } from '@storecast/shared/contracts'
import { encodeRecords } from '@storecast/shared/wire'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deviceMigrations } from '../devices/index.ts'
import type { Database } from '../platform/database.ts'
import { testDatabase } from '../test/database.ts'
import { arrive } from './arrivals.ts'
import { ingestMigrations } from './migrations.ts'
import { createQuarantine } from './quarantine.ts'
import { MOST_QUARANTINED } from './set-aside.ts'
import { ackOf, answerOf, decision, event, forecast, T0, TestDevice, TestIngest, window } from './test/device.ts'

let database: Database
let cloud: TestIngest
let device: TestDevice
let devices = 0

beforeAll(async () => {
  database = await testDatabase([...deviceMigrations, ...ingestMigrations])
  cloud = new TestIngest(database)
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  device = new TestDevice(`shop-${++devices}`)
  await cloud.enrol(device)
  await cloud.greet(device)
})

const query = async (sql: string) => (await database.pool.query(sql, [device.id])).rows
/** Stored windows as minutes and counts. */
const windows = async () =>
  (
    await query(
      `SELECT start_at, end_at, count FROM windows w JOIN series s ON s.id = w.series WHERE device = $1 ORDER BY start_at, end_at`,
    )
  ).map(({ start_at, end_at, count }) => [(start_at - T0) / 60_000, (end_at - T0) / 60_000, count])
const gaps = async () =>
  (await query('SELECT cause, first_seq, last_seq FROM gaps WHERE device = $1 ORDER BY id')).map(
    ({ cause, first_seq, last_seq }) => [cause, first_seq, last_seq],
  )

describe('records', () => {
  it('of every kind are stored as they were sent, and acknowledged after the commit', async () => {
    const id = crypto.randomUUID()
    const records = { windows: [window(0, 5, 30)], forecasts: [forecast()], events: [event(id)] }
    const ack = await cloud.send(device, records)
    expect(ack).toMatchObject({ epoch: device.epoch, link: device.link, committed: [[1, 3]], sayHello: false })
    expect(ack.committedAt).toBe(cloud.now)
    expect(await query('SELECT * FROM windows w JOIN series s ON s.id = w.series WHERE device = $1')).toMatchObject([
      { sensor: 'fridge', entity: '', start_at: T0, end_at: T0 + 300_000, revision: 1, count: 30, sum: 120, seq: 1 },
    ])
    expect(await query('SELECT * FROM forecasts WHERE device = $1')).toMatchObject([
      { model: 'demand', version: 3, entity: 'P1', issued_at: T0, quantiles: [1.5, 2.25, 4], scored_at: null, seq: 2 },
    ])
    expect(await query('SELECT * FROM events WHERE device = $1')).toMatchObject([
      { id, detail: { readings: 3 }, seq: 3 },
    ])
    expect(await query('SELECT last_seen FROM devices WHERE id = $1')).toEqual([{ last_seen: cloud.now }])
  })

  it('that are decisions are stored with what staff chose and what came of it, which a restored image takes from nobody', async () => {
    const id = '0195a2e4-1c00-7abc-8def-0123456789ab'
    const choice = { kind: 'changed', chosenAt: T0 + 1, quantity: 6, reason: 'a fair' } as const
    const outcome = { judgedAt: T0 + 2, actual: 3.5, stockOut: true, correct: true }
    const stored = () => query('SELECT * FROM decisions WHERE device = $1')
    const image = device.copy()
    await cloud.send(device, { decisions: [decision(id)] })
    const made = {
      ...{ id, decision: 'reorder', model: 'demand', version: 3, entity: 'P1', issued_at: T0, start_at: T0 },
      ...{ quantiles: [1.5, 2.25, 4], stock: 1.5, on_order: 0.5, action: 'reorder', quantity: 2 },
    }
    expect(await stored()).toMatchObject([{ ...made, choice: null, chosen_at: null, judged_at: null, correct: null }])
    await cloud.send(device, { decisions: [decision(id, { choice })] })
    const chosen = { choice: 'changed', chosen_at: T0 + 1, chosen_quantity: 6, reason: 'a fair' }
    expect(await stored()).toMatchObject([{ ...made, ...chosen, judged_at: null }])
    await cloud.greet(image)
    expect(image.epoch).toBeGreaterThan(device.epoch)
    await cloud.send(image, { decisions: [decision(id, { outcome })] })
    const judged = { judged_at: T0 + 2, actual: 3.5, stock_out: true, correct: true }
    expect(await stored()).toMatchObject([{ ...made, ...chosen, ...judged, epoch: image.epoch }])
  })

  it('come in any order and any number of times: the highest sequence stays', async () => {
    const old = device.sends(device.batch({ windows: [window(0, 5, 1)], forecasts: [forecast()] }))
    const score = { scoredAt: T0, actual: 3, censored: false }
    const revised = device.sends(device.batch({ windows: [window(0, 5, 2)], forecasts: [forecast(score)] }))
    await cloud.take(revised)
    await cloud.take(old, revised)
    await cloud.take(old)
    expect(await windows()).toEqual([[0, 5, 2]])
    expect(await query('SELECT scored_at, actual, censored FROM forecasts WHERE device = $1')).toEqual([
      { scored_at: T0, actual: 3, censored: false },
    ])
  })

  it('of many devices share a transaction', async () => {
    const other = new TestDevice(`shop-${++devices}`)
    await cloud.enrol(other)
    await cloud.greet(other)
    const one = device.sends(device.batch({ windows: [window(0, 5, 1)] }))
    const two = other.sends(other.batch({ windows: [window(0, 5, 2)] }))
    const three = device.sends(device.batch({ windows: [window(5, 10, 3)] }))
    const { replies } = await cloud.take(one, two, three)
    expect(replies.map((reply) => reply.device)).toEqual([device.id, other.id])
    expect(ackOf({ replies, greeted: [], tally: undefined! }).committed).toEqual([[1, 2]])
    expect(await windows()).toEqual([
      [0, 5, 1],
      [5, 10, 3],
    ])
  })
})

describe('coarse windows', () => {
  const fine = () => Array.from({ length: 12 }, (_, i) => window(i * 5, i * 5 + 5, 10))

  it('delete the finer ones they cover, and those stay away', async () => {
    const late = device.sends(device.batch({ windows: fine() }))
    await cloud.take(late)
    await cloud.send(device, { windows: [window(60, 65, 10), window(0, 60, 120)] })
    await cloud.take(late)
    expect(await windows()).toEqual([
      [0, 60, 120],
      [60, 65, 10],
    ])
    await cloud.send(device, { windows: [window(0, 1440, 130)] })
    await cloud.send(device, { windows: [window(0, 60, 120), window(1435, 1440, 3), window(1440, 1445, 7)] })
    expect(await windows()).toEqual([
      [0, 1440, 130],
      [1440, 1445, 7],
    ])
  })

  it('that come together with their finer ones, or before them, end the same', async () => {
    await cloud.send(device, { windows: [...fine(), window(0, 60, 120)] })
    expect(await windows()).toEqual([[0, 60, 120]])
  })

  it('that count less than the finer ones are noted as a conflict, and change nothing', async () => {
    await cloud.send(device, { windows: fine() })
    await cloud.send(device, { windows: [window(0, 60, 119)] })
    expect(await windows()).toHaveLength(12)
    expect(
      await query(
        'SELECT count, finer_count FROM window_conflicts c JOIN series s ON s.id = c.series WHERE device = $1',
      ),
    ).toEqual([{ count: 119, finer_count: 120 }])
  })

  it('of one series leave another one alone', async () => {
    await cloud.send(device, { windows: [window(0, 5, 10, 'freezer'), window(0, 60, 120)] })
    expect(await windows()).toEqual([
      [0, 5, 10],
      [0, 60, 120],
    ])
  })
})

describe('what waits on a device', () => {
  const told = async () => (await query('SELECT waiting FROM device_epochs WHERE device = $1'))[0]?.waiting

  it('is known as its last batch tells, and not known of an agent that does not', async () => {
    await cloud.send(device, { windows: [window(0, 5, 1)] }, { waiting: { records: 7, since: T0 } })
    expect(await told()).toEqual({ records: 7, since: T0, toldAt: cloud.now })
    await cloud.send(device, { windows: [window(5, 10, 1)] }, { waiting: { records: 0, since: 0 } })
    expect(await told()).toMatchObject({ records: 0 })
    await cloud.send(device, { windows: [window(10, 15, 1)] })
    expect(await told()).toBeNull()
  })
})

describe('the clock of a device', () => {
  const told = async () => (await query('SELECT clock FROM device_epochs WHERE device = $1'))[0]?.clock
  const sendWith = (clock: ToldClock) =>
    cloud.send(device, { windows: [window(0, 5, 1)] }, { clock }).then(() => cloud.now)

  it('is trusted where it is right to the minute, and not known of an agent that does not tell', async () => {
    const clock = { ahead: -400, within: 30, checkedAt: T0 }
    const since = await sendWith(clock)
    expect(await told()).toEqual({ ...clock, trusted: true, since, toldAt: since })
    await cloud.send(device, { windows: [window(5, 10, 1)] })
    expect(await told()).toBeNull()
  })

  it('is told since when it is off, over all that is told meanwhile', async () => {
    await sendWith({ ahead: 0, within: 30, checkedAt: T0 })
    const since = await sendWith({ ahead: 7_200_000, within: 30, checkedAt: T0 })
    const madeUp = { time: 12, speed: 600 }
    const toldAt = await sendWith({ ahead: 7_200_100, within: 10, checkedAt: T0, madeUp })
    expect(toldAt).toBeGreaterThan(since)
    expect(await told()).toMatchObject({ trusted: false, ahead: 7_200_100, since, toldAt, madeUp })
    const right = await sendWith({ ahead: 60_020, within: 30, checkedAt: T0 })
    expect(await told()).toMatchObject({ trusted: true, since: right })
  })

  it('goes on into a new epoch', async () => {
    const image = device.copy()
    const since = await sendWith({ ahead: -90_000, within: 30, checkedAt: T0 })
    await cloud.greet(image)
    await cloud.send(image, { windows: [window(0, 5, 8)] }, { clock: { ahead: -90_000, within: 30, checkedAt: T0 } })
    const sql = 'SELECT clock FROM device_epochs WHERE device = $1 ORDER BY epoch DESC'
    expect((await query(sql))[0]?.clock).toMatchObject({ trusted: false, since })
  })
})

describe('epochs', () => {
  it('a device restored from an image goes on in a new one; less never replaces more', async () => {
    const image = device.copy()
    const score = { scoredAt: T0, actual: 3, censored: false }
    await cloud.send(device, { windows: [window(0, 5, 9), window(5, 10, 9)], forecasts: [forecast(score)] })
    await cloud.greet(image)
    expect(image.epoch).toBeGreaterThan(device.epoch)
    await cloud.send(image, { windows: [window(0, 5, 8), window(5, 10, 10)], forecasts: [forecast()] })
    expect(await windows()).toEqual([
      [0, 5, 9],
      [5, 10, 10],
    ])
    expect(await query('SELECT scored_at FROM forecasts WHERE device = $1')).toEqual([{ scored_at: T0 }])
  })

  it('a link that is behind is not heard, and told to say hello', async () => {
    const late = device.batch({ windows: [window(0, 5, 1)] })
    await cloud.greet(device)
    const ack = ackOf(await cloud.take(device.sends(late)))
    expect(ack).toMatchObject({ link: late.link, committed: [], sayHello: true })
    expect(await windows()).toEqual([])
  })

  it('a hello repeated within its connection gets the same answer', async () => {
    const hello = device.hello()
    const first = answerOf(await cloud.take(device.says(hello), device.says(hello)))
    const again = answerOf(await cloud.take(device.says(hello)))
    expect(again.outcome).toEqual(first.outcome)
  })

  it('a late duplicate of a hello changes nothing, whatever it says', async () => {
    const stalled = device.hello()
    await cloud.greet(device, { nonce: stalled.nonce })
    await cloud.send(device, { windows: [window(0, 5, 1)] })
    await cloud.take(device.says(stalled))
    await cloud.greet(device)
    await cloud.take(device.says(stalled))
    expect(await cloud.send(device, { windows: [window(5, 10, 1)] })).toMatchObject({ sayHello: false })
    expect(await query('SELECT reason FROM device_epochs WHERE device = $1')).toEqual([{ reason: 'first-contact' }])
  })

  it('an acknowledgement that this cloud never gave is answered by having all sent again since its last commit', async () => {
    await cloud.send(device, { windows: [window(0, 5, 1)] })
    const restoredAt = cloud.now
    device.acknowledged = [restoredAt, cloud.now + 500]
    expect(await cloud.send(device, { windows: [window(5, 10, 1)] })).toMatchObject({ sayHello: true })
    const { outcome } = await cloud.greet(device)
    expect(outcome).toMatchObject({ grant: { epoch: device.epoch, resendSince: restoredAt } })
    expect(await gaps()).toEqual([['cloud-restored', 2, 2]])
  })
})

describe('quarantine', () => {
  it('keeps the data of a copy apart until an operator releases it, then that copy is the device', async () => {
    const copy = device.copy()
    await cloud.send(device, { windows: [window(0, 5, 9)] })
    await cloud.greet(copy)
    expect(copy.quarantined).toBe(false)
    await cloud.greet(device)
    expect(device.quarantined).toBe(true)
    const ack = await cloud.send(device, { windows: [window(5, 10, 9)] })
    expect(ack).toMatchObject({ epoch: device.epoch, committed: [[2, 2]], sayHello: false })
    expect(await windows()).toEqual([[0, 5, 9]])

    const quarantine = createQuarantine({ database, clock: { now: () => cloud.now } })
    const listed = await quarantine.of(device.id)
    expect(listed).toMatchObject([{ epoch: device.epoch, dbId: device.dbId, reason: 'fork', batches: 1 }])
    await quarantine.release(device.id, device.epoch)
    expect(await windows()).toEqual([
      [0, 5, 9],
      [5, 10, 9],
    ])
    expect(await quarantine.of(device.id)).toEqual([])
    await cloud.greet(copy)
    expect(copy.quarantined).toBe(true)
    await expect(quarantine.release(device.id, 7)).rejects.toMatchObject({ code: 'epoch-unknown' })
  })

  it('throws away what an operator discards, and stays', async () => {
    const copy = device.copy()
    await cloud.greet(copy)
    await cloud.greet(device)
    await cloud.greet(copy)
    const quarantine = createQuarantine({ database, clock: { now: () => cloud.now } })
    await cloud.send(copy, { windows: [window(0, 5, 9)] })
    await quarantine.discard(device.id, copy.epoch)
    expect(await quarantine.of(device.id)).toMatchObject([{ batches: 0 }])
    await cloud.greet(copy)
    expect(copy.quarantined).toBe(true)
    expect(await windows()).toEqual([])
  })
})

describe('quarantine without an end', () => {
  it('keeps so many batches of a device, and leaves it those that come after', async () => {
    const copy = device.copy()
    await cloud.greet(copy)
    await cloud.greet(device)
    await cloud.greet(copy)
    expect(copy.quarantined).toBe(true)
    const kept = async () => (await query('SELECT count(*) FROM quarantined_batches WHERE device = $1'))[0].count
    await database.pool.query(
      `INSERT INTO quarantined_batches (device, epoch, payload, received_at)
       SELECT $1, $2, '', 0 FROM generate_series(1, ${MOST_QUARANTINED - 1})`,
      [copy.id, copy.epoch],
    )
    const messages = [window(0, 5, 9), window(5, 10, 9)].map((one) => copy.sends(copy.batch({ windows: [one] })))
    const { replies, tally } = await cloud.take(...messages)
    expect(tally.batches).toMatchObject({ quarantined: 1, 'no-room': 1 })
    expect(ackOf({ replies, greeted: [], tally }).committed).toEqual([[1, 1]])
    expect(await kept()).toBe(MOST_QUARANTINED)
    await createQuarantine({ database, clock: { now: () => cloud.now } }).discard(copy.id, copy.epoch)
    const again = await cloud.take(messages[1]!)
    expect(ackOf(again).committed).toEqual([[2, 2]])
    expect(await kept()).toBe(1)
  })
})

describe('what is not understood', () => {
  it('is kept as it came and holds nothing up', async () => {
    const noise = arrive(device.id, Buffer.from('hello?'))
    const stranger = arrive('stranger', noise.payload)
    const broken = device.sends({ ...device.batch({ windows: [window(0, 5, 1)] }), body: Buffer.from('not zstd') })
    const sound = device.sends(device.batch({ windows: [window(5, 10, 1)] }))
    const { replies, tally } = await cloud.take(noise, stranger, broken, sound)
    expect(ackOf({ replies, greeted: [], tally }).committed).toEqual([[1, 2]])
    expect(tally.raw).toEqual(['unreadable', 'unknown-device', 'unreadable'])
    expect(await windows()).toEqual([[5, 10, 1]])
    expect(await gaps()).toEqual([['undecodable', 1, 1]])
    const raw = await query('SELECT reason, payload FROM raw_messages WHERE device = $1 ORDER BY id')
    expect(raw.map(({ payload }) => payload)).toEqual([noise, broken].map(({ payload }) => Buffer.from(payload)))
  })

  it('is noted once, however often it comes', async () => {
    const { sequences } = device.batch({ windows: [window(0, 5, 1), window(5, 10, 1)] })
    const wrong = {
      windows: [
        { seq: 1, record: { ...window(0, 5, 1), max: 0 } },
        { seq: 2, record: window(5, 10, 1) },
      ],
    }
    const records = encodeRecords({
      ...wrong,
      forecasts: [],
      events: [],
      evidence: [],
      decisions: [],
      reported: undefined,
    })
    const batch = device.sends({ ...device.batch({}), ...records, sequences })
    await cloud.take(batch)
    await cloud.take(batch)
    expect(await gaps()).toEqual([['rejected', 1, 1]])
    expect(await windows()).toEqual([[5, 10, 1]])
  })

  it('is kept up to the newest hundred of a device', async () => {
    for (let i = 0; i < 3; i++) {
      await cloud.take(...Array.from({ length: 50 }, () => arrive(device.id, Buffer.from(`noise ${i}`))))
    }
    const raw = await query("SELECT convert_from(payload, 'UTF8') AS text FROM raw_messages WHERE device = $1")
    expect(Map.groupBy(raw, ({ text }) => text).size).toBe(2)
    expect(raw).toHaveLength(100)
  })

  it('a retired device is a stranger', async () => {
    const batch = device.sends(device.batch({ windows: [window(0, 5, 1)] }))
    await query('UPDATE devices SET retired_at = 1 WHERE id = $1')
    expect(await cloud.take(batch)).toMatchObject({ replies: [], tally: { raw: ['unknown-device'] } })
  })
})
