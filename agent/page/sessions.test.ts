import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../test/storage.ts'
import { isPin, PinRefused, randomPin, readPin, requirePin, setPin } from './pin.ts'
import { Sessions } from './sessions.ts'

const HOUR = 3_600_000
let folder: { path: string } & AsyncDisposable
let now: number
let files: { pinFile: string; file: string }
const open = () => new Sessions({ ...files, now: () => now })
beforeEach(async () => {
  folder = await temporaryFolder()
  files = { pinFile: join(folder.path, 'page', 'pin.json'), file: join(folder.path, 'page', 'sessions.json') }
  now = Date.UTC(2026, 2, 2)
})
afterEach(() => folder[Symbol.asyncDispose]())
const signIn = async (sessions: Sessions, tablet?: string) => sessions.open({ pin: (await sessions.pin())!, tablet })

describe('a PIN', () => {
  it('is 6 to 12 digits that are not the first to be guessed', () => {
    expect(requirePin(' 804615\n')).toBe('804615')
    for (const bad of ['', '80461', '8046150000000', '80461a', '٨٠٤٦١٥', '000000', '123456', '876543']) {
      expect(() => requirePin(bad)).toThrow(PinRefused)
    }
    const made = Array.from({ length: 50 }, randomPin)
    expect(made.every((pin) => requirePin(pin) === pin && pin.length === 6)).toBe(true)
    expect(new Set(made).size).toBeGreaterThan(45)
  })

  it('is kept as a slow hash, for the agent alone', async () => {
    await setPin(files.pinFile, '804615')
    expect(await readFile(files.pinFile, 'utf8')).not.toContain('804615')
    expect((await stat(files.pinFile)).mode & 0o777).toBe(0o600)
    const pin = (await readPin(files.pinFile))!
    expect(await isPin(pin, '804615')).toBe(true)
    expect(await isPin(pin, '804616')).toBe(false)
  })

  it('that cannot be read lets nobody in, and is still one that is set', async () => {
    await setPin(files.pinFile, '804615')
    await writeFile(files.pinFile, '{"id":')
    expect(await isPin((await readPin(files.pinFile))!, '804615')).toBe(false)
    expect(await readPin(join(folder.path, 'none.json'))).toBeUndefined()
  })
})

describe('sessions', () => {
  beforeEach(() => setPin(files.pinFile, '804615'))

  it('last a shift, over restarts of the agent, and end when somebody signs out', async () => {
    const sessions = open()
    const anna = await signIn(sessions)
    const ben = await signIn(sessions)
    expect(await sessions.find(anna.session)).toBe(now + 12 * HOUR)
    expect(await open().find(anna.session)).toBe(now + 12 * HOUR)
    expect(await sessions.find('guessed')).toBeUndefined()
    await sessions.close(anna.session)
    expect(await open().find(anna.session)).toBeUndefined()
    expect(await open().find(ben.session)).toBeDefined()
    now += 12 * HOUR
    expect(await open().find(ben.session)).toBeUndefined()
  })

  it('that are not open are closed without a write', async () => {
    const sessions = open()
    await signIn(sessions)
    await writeFile(files.file, 'as it was')
    await sessions.close('made up')
    expect(await readFile(files.file, 'utf8')).toBe('as it was')
  })

  it('know a tablet that was let in before, long after its session', async () => {
    const { tablet } = await signIn(open())
    now += 30 * 24 * HOUR
    expect(await open().findTablet(tablet)).toEqual(expect.any(String))
    expect((await signIn(open(), tablet)).tablet).toBe(tablet)
    expect((await signIn(open(), 'made up')).tablet).not.toBe('made up')
  })

  it('end with the PIN they were opened with, tablets too', async () => {
    const sessions = open()
    const { session, tablet } = await signIn(sessions)
    await setPin(files.pinFile, '715294')
    expect(await sessions.find(session)).toBeUndefined()
    expect(await sessions.findTablet(tablet)).toBeUndefined()
    const again = await signIn(sessions)
    expect(await sessions.find(again.session)).toBeDefined()
    expect(await sessions.find(session)).toBeUndefined()
  })

  it('are kept when several sign in at once, the newest where there are many; secrets are nowhere on disk', async () => {
    const sessions = open()
    const all = await Promise.all(Array.from({ length: 70 }, () => signIn(sessions)))
    const found = await Promise.all(all.map(({ session }) => open().find(session)))
    expect(found.filter((until) => until !== undefined)).toHaveLength(64)
    expect(found.at(-1)).toBeDefined()
    const text = await readFile(files.file, 'utf8')
    expect(all.some(({ session, tablet }) => text.includes(session) || text.includes(tablet))).toBe(false)
  })

  it('of a clock that runs ahead open nothing until it was right', async () => {
    const { session } = await signIn(open())
    now -= 24 * HOUR
    expect(await open().find(session)).toBeUndefined()
    await writeFile(files.file, 'torn')
    expect(await open().find(session)).toBeUndefined()
  })
})
