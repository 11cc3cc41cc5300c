import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStorage, type Storage, sale, temporaryFolder } from '../test/storage.ts'
import { soFar } from './so-far.ts'

const HOUR = 3_600_000
/** A Monday in Berlin, an hour ahead of UTC. */
const start = Date.UTC(2026, 2, 2) - HOUR
const day = { sensor: 'sales', start, end: start + 24 * HOUR }
let folder: { path: string } & AsyncDisposable
let storage: Storage
beforeEach(async () => {
  folder = await temporaryFolder()
  storage = await openStorage(folder.path, { now: start - 24 * HOUR })
})
afterEach(async () => {
  await storage[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

describe('what was sold so far', () => {
  it('is the running total of closed windows inside the span, by product', async () => {
    const { buffer, windows, clock, db } = storage
    await buffer.accept(
      [
        sale(start - HOUR, 50, 'yesterday'),
        sale(start + 8 * HOUR, 3, 'a'),
        sale(start + 8.5 * HOUR, 2, 'b'),
        sale(start + 11 * HOUR, 4, 'c'),
        sale(start + 9 * HOUR, 7, 'd', 'bread'),
      ],
      { urgent: true },
    )
    clock.advance(start + 13 * HOUR - clock.now())
    await windows.closeUntil(start + 13 * HOUR)
    const sold = soFar(db, day)
    expect(Object.fromEntries(sold)).toEqual({
      milk: [
        { at: start + 9 * HOUR, total: 5 },
        { at: start + 12 * HOUR, total: 9 },
      ],
      bread: [{ at: start + 10 * HOUR, total: 7 }],
    })
    expect([...soFar(db, { ...day, entity: 'bread' }).keys()]).toEqual(['bread'])
    expect(soFar(db, { ...day, sensor: 'none' }).size).toBe(0)
  })
})
