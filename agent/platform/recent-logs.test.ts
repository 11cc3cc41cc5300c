import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { RecentLogs } from './recent-logs.ts'

describe('recent log lines', () => {
  const HOUR = 3_600_000
  function logged(options: { most?: number; perHour?: number } = {}) {
    let now = 0
    const recent = new RecentLogs({ ...options, now: () => now })
    const told: unknown[] = []
    recent.onComplaint((complaint) => told.push(complaint))
    return { log: pino({ base: {} }, recent), recent, told, later: (ms: number) => (now += ms) }
  }

  it('are the newest, up to a size', () => {
    const { log, recent } = logged({ most: 200 })
    for (let n = 0; n < 50; n++) log.info({ n }, 'hello')
    const size = recent.lines.reduce((sum, line) => sum + line.length, 0)
    expect(size).toBeLessThanOrEqual(200)
    expect(JSON.parse(recent.lines.at(-1)!)).toMatchObject({ n: 49, msg: 'hello' })
  })

  it('are told where they complain, each once an hour, with their trace and their reason', () => {
    const { log, told, later } = logged()
    log.info('all is well')
    log.warn({ trace: 'abc' }, 'no link')
    log.warn('no link')
    log.error({ err: new Error('disk full') }, 'not stored')
    expect(told).toEqual([
      { severity: 'warning', message: 'no link', trace: 'abc', others: 0 },
      { severity: 'error', message: 'not stored: disk full', trace: undefined, others: 1 },
    ])
    later(HOUR)
    log.warn('no link')
    expect(told).toHaveLength(3)
  })

  it('are not told without end: so many an hour, the others counted', () => {
    const { log, told, later } = logged({ perHour: 3 })
    for (let n = 0; n < 10; n++) log.warn(`complaint ${n}`)
    expect(told).toHaveLength(3)
    later(HOUR)
    log.warn('again')
    expect(told.at(-1)).toMatchObject({ message: 'again', others: 7 })
  })
})
