import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { openReading } from '../platform/database.ts'
import { startChild } from '../platform/spawn.ts'
import type { IntakeProcessReply } from './intake-process.ts'
import { startSessionBroker } from './session-broker.ts'
import { temporaryFolder } from './storage.ts'

const KILLS = Number(process.env.STORECAST_INTAKE_KILLS ?? 12)
const HOUR = 3_600_000

interface Taker {
  readonly child: ChildProcess
  readonly port: number
}

async function startTaker(file: string, brokerUrl: string): Promise<Taker> {
  const child = startChild(new URL('./intake-process.ts', import.meta.url), { args: [file, brokerUrl] })
  const [reply] = (await once(child, 'message')) as [IntakeProcessReply]
  if (!('port' in reply)) throw new Error('the process is not ready')
  return { child, port: reply.port }
}

async function kill({ child }: Taker): Promise<void> {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

it(
  `has every acknowledged reading, exactly once in the windows, after ${KILLS} kills at random moments`,
  async () => {
    await using folder = await temporaryFolder()
    await using broker = await startSessionBroker({ window: 200 })
    const file = join(folder.path, 'agent.db')
    const until = Math.floor(Date.now() / HOUR) * HOUR
    const load = new AbortController()
    let taker = await startTaker(file, broker.url)
    await broker.subscribed

    let sold = 0
    let units = 0
    const publishing = async () => {
      for (; !load.signal.aborted; await sleep(10)) {
        // Under load always, drowned never: a busy machine has to come to the end of it.
        for (let i = 0; i < 20 && broker.pending < 1000; i++) {
          const id = sold++
          units += id % 5
          // Anywhere in the last three hours, so that every commit makes some window late.
          const time = until - 1 - ((id * 7919) % (3 * HOUR))
          const payload = JSON.stringify({ id, units: id % 5, t: time })
          broker.publish(`till/p${id % 20}/sold`, payload)
        }
      }
    }
    let pushed = 0
    const pushing = async () => {
      for (let at = 0; !load.signal.aborted; at += 50) {
        const readings = Array.from({ length: 50 }, (_, i) => {
          return { sensor: 'temperature', time: until - 3 * HOUR + at + i, value: ((at + i) % 100) / 10 }
        })
        // What was not acknowledged is sent again, as a till would.
        while (!(await push(taker.port, readings))) await sleep(2)
        pushed += readings.length
      }
    }
    const running = Promise.all([publishing(), pushing()])
    for (let i = 0; i < KILLS; i++) {
      await sleep(20 + Math.random() * 400)
      await kill(taker)
      taker = await startTaker(file, broker.url)
    }
    load.abort()
    await running

    const db = openReading(file)
    const totals = (sensor: string) =>
      db
        .prepare(
          `SELECT total(count) AS count, total(sum) AS sum, max(revision) AS revision FROM windows
         WHERE series IN (SELECT id FROM series WHERE sensor = ?)`,
        )
        .get(sensor) as { count: number; sum: number; revision: number }
    // What was not acknowledged before the last kill is delivered again.
    await vi.waitFor(() => expect(broker.pending).toBe(0), { timeout: 60_000 })
    taker.child.send('close')
    await once(taker.child, 'message')
    expect(totals('sales')).toMatchObject({ count: sold, sum: units })
    const levels = Array.from({ length: pushed }, (_, n) => n % 100).reduce((a, b) => a + b, 0)
    expect(totals('temperature')).toMatchObject({ count: pushed, sum: levels })
    expect(totals('sales').revision).toBeGreaterThan(1)
    expect(db.prepare('SELECT count(*) FROM journal').pluck().get()).toBe(0)
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    db.close()
    await kill(taker)
  },
  60_000 + KILLS * 10_000,
)

/** True once the process has acknowledged all of them. */
async function push(port: number, readings: readonly object[]): Promise<boolean> {
  try {
    const reply = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: JSON.stringify(readings) })
    expect(reply.status).toBe(204)
    return true
  } catch (error) {
    // The connection broke, or nobody listens: the process was killed.
    if (error instanceof TypeError) return false
    throw error
  }
}
