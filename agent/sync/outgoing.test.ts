import { decodeUplink } from '@storecast/shared/wire'
import { expect, it } from 'vitest'
import { putEvent, temporaryReplica } from '../test/replica.ts'
import { makeBatch } from './outgoing.ts'

const T0 = Date.UTC(2026, 2, 2)

it('a batch tells what waits beyond it and others under way, and since when', () => {
  using outbox = temporaryReplica()
  for (let i = 1; i <= 5; i++) {
    const id = `00000000-0000-4000-8000-00000000000${i}`
    putEvent(outbox.db, { id, at: T0 + i, severity: 'info', code: 'told', message: '', detail: {} })
  }
  const want = { epoch: 1, link: 1, withSuperseded: true }
  const told = (excluded: readonly (readonly [number, number])[], most: number) => {
    const message = decodeUplink(makeBatch(outbox.db, { ...want, excluded }, { most })!.payload)
    return 'batch' in message ? message.batch.waiting : undefined
  }
  expect(told([], 2)).toEqual({ records: 3, since: T0 + 1 })
  expect(told([[4, 5]], 2)).toEqual({ records: 1, since: T0 + 1 })
  expect(told([], 1000)).toEqual({ records: 0, since: 0 })
})
