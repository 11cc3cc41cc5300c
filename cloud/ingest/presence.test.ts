import { encodePresence } from '@storecast/shared/wire'
import { DatabaseError } from 'pg'
import { expect, it, vi } from 'vitest'
import type { HeardPresence } from '../devices/index.ts'
import { quiet } from '../test/database.ts'
import { takePresences } from './presence.ts'

const SESSION = '0123456789abcdef'
const clock = { now: () => 1000 }
const presence = (online: boolean, link: number) => Buffer.from(encodePresence({ online, link, session: SESSION }))

/** What was written, in groups of devices; `fails` may throw before. */
function intake(fails: (group: readonly HeardPresence[], attempt: number) => void = () => {}) {
  const groups: (readonly HeardPresence[])[] = []
  let attempts = 0
  const presences = {
    async take(group: readonly HeardPresence[]) {
      fails(group, ++attempts)
      groups.push(group)
    },
  }
  return { groups, taking: takePresences({ presences, clock, log: quiet }) }
}
const refused = () => {
  const error = new DatabaseError('refused', 7, 'error')
  error.code = '22003'
  return error
}

it('brings what many devices say by few transactions, in the order in which it was heard', async () => {
  const { groups, taking } = intake()
  await using _ = taking
  for (let n = 0; n < 1200; n++) taking.take(`shop-${n}`, presence(true, 1))
  taking.take('shop-0', Buffer.from('{"online": "perhaps"}'))
  taking.take('shop-0', presence(false, 1))
  await vi.waitFor(() => expect(groups.flat()).toHaveLength(1201))
  expect(groups).toHaveLength(3)
  expect(groups[0]!.slice(0, 2)).toEqual([
    { device: 'shop-0', presence: { online: true, link: 1, session: SESSION }, at: 1000 },
    { device: 'shop-0', presence: { online: false, link: 1, session: SESSION }, at: 1000 },
  ])
})

it('holds it while the database is away, of each device the newest', async () => {
  let isAway = true
  const { groups, taking } = intake(() => {
    if (isAway) throw new Error('connection refused')
  })
  await using _ = taking
  taking.take('first', presence(true, 1))
  for (let link = 1; link <= 40; link++) taking.take('restless', presence(true, link))
  isAway = false
  await vi.waitFor(() => expect(groups.flat().map(({ device }) => device)).toContain('first'))
  const restless = groups.flat().filter(({ device }) => device === 'restless')
  expect(restless.map(({ presence: { link } }) => link)).toEqual(Array.from({ length: 16 }, (_, i) => 25 + i))
})

it('tries again what failed, and passes over what the database refuses, alone', async () => {
  const { groups, taking } = intake((group, attempt) => {
    if (attempt < 3) throw new Error('connection refused')
    if (group.some(({ device }) => device === 'bad')) throw refused()
  })
  await using _ = taking
  for (const device of ['one', 'bad', 'two']) taking.take(device, presence(true, 1))
  await vi.waitFor(() => expect(groups.flat().map(({ device }) => device)).toEqual(['one', 'two']))
})
