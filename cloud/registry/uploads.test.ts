import { createHash, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testDatabase } from '../test/database.ts'
import { createUploads, registryMigrations, type Uploads } from './index.ts'

const stack = new AsyncDisposableStack()
let now = 1000
let uploads: Uploads
/** On the same database, as another cloud or the same after a restart has it. */
let others: Uploads
beforeAll(async () => {
  const database = stack.use(await testDatabase(registryMigrations))
  uploads = createUploads({ database, clock: { now: () => now } })
  others = createUploads({ database, clock: { now: () => now } })
})
afterAll(() => stack.disposeAsync())

const bytes = randomBytes(1000)
const refOf = (content: Buffer) => ({
  sha256: createHash('sha256').update(content).digest('hex'),
  bytes: content.length,
})
const whole = (id: string) => uploads.take(id, (content) => buffer(content as AsyncIterable<Uint8Array>))

it('an upload goes on where it stopped, whoever asks, and is gone once it was taken', async () => {
  const { id, offset } = await uploads.begin(refOf(bytes))
  expect(offset).toBe(0)
  expect((await uploads.append(id, { offset: 0, bytes: bytes.subarray(0, 300) })).offset).toBe(300)
  expect(await others.begin(refOf(bytes))).toMatchObject({ id, offset: 300 })
  await expect(uploads.append(id, { offset: 0, bytes })).rejects.toMatchObject({ code: 'upload-offset' })
  await expect(whole(id)).rejects.toMatchObject({ code: 'upload-incomplete' })
  const rest = { offset: 300, bytes: bytes.subarray(300) }
  const both = await Promise.allSettled([uploads.append(id, rest), others.append(id, rest)])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  // What could not be used stays for another try.
  await expect(uploads.take(id, () => Promise.reject(new Error('away')))).rejects.toThrow('away')
  expect(await whole(id)).toEqual(bytes)
  await expect(uploads.get(id)).rejects.toMatchObject({ code: 'upload-unknown' })
})

it('other bytes than were announced are refused, and more of them than were', async () => {
  const { id } = await uploads.begin({ ...refOf(bytes), bytes: 10 })
  await expect(uploads.append(id, { offset: 0, bytes })).rejects.toMatchObject({ code: 'upload-too-large' })
  await uploads.append(id, { offset: 0, bytes: bytes.subarray(0, 10) })
  await expect(whole(id)).rejects.toMatchObject({ code: 'upload-digest' })
  await expect(uploads.get(id)).rejects.toMatchObject({ code: 'upload-unknown' })
  const vast = { ...refOf(bytes), bytes: 2 ** 30 }
  await expect(uploads.begin(vast)).rejects.toMatchObject({ code: 'upload-too-large' })
})

it('what nobody ends is limited in number, and goes away after a day', async () => {
  for (let n = 0; n < 32; n++) await uploads.begin(refOf(Buffer.from([n])))
  await expect(uploads.begin(refOf(Buffer.from([99])))).rejects.toMatchObject({ code: 'uploads-open' })
  now += 86_400_001
  const { id } = await uploads.begin(refOf(Buffer.from([99])))
  await uploads.append(id, { offset: 0, bytes: Buffer.from([99]) })
  expect(await whole(id)).toEqual(Buffer.from([99]))
})
