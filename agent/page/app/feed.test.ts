import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Ask, Refused, Unreachable } from './ask.ts'
import { Feed, HOLD_MS } from './feed.ts'

/** The device, as far as the feed asks it. */
let isUp: boolean
let refusals: Record<string, { status: number; code: string }>
let version: string
let asked: string[]
let feed: Feed
let signedOut: number
let reloaded: number

const device: Ask = async (path, { method = 'GET', body } = {}) => {
  if (!isUp) throw new Unreachable('no answer')
  asked.push(`${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`)
  const refusal = Object.entries(refusals).find(([start]) => path.startsWith(start))?.[1]
  if (refusal) throw new Refused(new Response(null, { status: refusal.status }), refusal)
  if (path === '/v1/status') return { agentVersion: version } as never
  if (path.startsWith('/v1/decisions?')) return { decisions: [{ id: path.endsWith('open') ? 'o' : 'c' }] } as never
  if (path.endsWith('/choice')) return { id: path.split('/')[3], open: false } as never
  return { models: [] } as never
}

const choices = () => asked.filter((one) => one.startsWith('POST'))

beforeEach(() => {
  vi.useFakeTimers()
  isUp = true
  refusals = {}
  version = '1'
  asked = []
  signedOut = 0
  reloaded = 0
  feed = new Feed({ ask: device, now: Date.now, onSignedOut: () => signedOut++, onOtherVersion: () => reloaded++ })
})
afterEach(() => {
  feed.stop()
  vi.useRealTimers()
})

describe('the feed', () => {
  it('looks every five seconds, at forecasts once a minute, and no more when nobody looks', async () => {
    feed.start()
    await vi.advanceTimersByTimeAsync(59_000)
    const count = (path: string) => asked.filter((one) => one.startsWith(`GET ${path}`)).length
    expect([count('/v1/status'), count('/v1/forecasts')]).toEqual([12, 1])
    expect(feed.seen.decisions?.map(({ id }) => id)).toEqual(['o', 'c'])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(count('/v1/forecasts')).toBe(2)
    feed.stop()
    const before = asked.length
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked.length).toBe(before)
  })

  it('keeps what was seen last while the device does not answer, and says so', async () => {
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    const { heardAt } = feed.seen
    isUp = false
    await vi.advanceTimersByTimeAsync(5_000)
    expect(feed.seen).toMatchObject({ isLost: true, heardAt, status: { agentVersion: '1' }, forecasts: { models: [] } })
    isUp = true
    await vi.advanceTimersByTimeAsync(2_000)
    expect(feed.seen.isLost).toBe(false)
    expect(asked.filter((one) => one.startsWith('GET /v1/forecasts'))).toHaveLength(2)
    refusals = { '/v1/status': { status: 503, code: 'busy' } }
    await vi.advanceTimersByTimeAsync(5_000)
    expect(feed.seen.isLost).toBe(true)
  })

  it('shows the rest where the device refuses one part', async () => {
    refusals = { '/v1/decisions': { status: 404, code: 'not-found' } }
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    expect(feed.seen).toMatchObject({ isLost: false, decisions: undefined, forecasts: { models: [] } })
  })

  it('holds what is chosen until nothing else was for a while, and forgets what is taken back meanwhile', async () => {
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    feed.choose('a/1', { choice: 'accepted' })
    feed.choose('b', { choice: 'accepted' })
    await vi.advanceTimersByTimeAsync(HOLD_MS - 1)
    feed.choose('c', { choice: 'accepted' })
    feed.takeBack('b')
    await vi.advanceTimersByTimeAsync(HOLD_MS - 1)
    expect(choices()).toEqual([])
    expect(feed.seen.choices).toMatchObject({ 'a/1': { state: 'held' }, c: { state: 'held' } })
    await vi.advanceTimersByTimeAsync(1)
    expect(choices()).toEqual([
      'POST /v1/decisions/a%2F1/choice {"choice":"accepted"}',
      'POST /v1/decisions/c/choice {"choice":"accepted"}',
    ])
    expect(feed.seen.choices).toEqual({})
  })

  it('sends what is held when nobody looks any more', async () => {
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    feed.choose('a', { choice: 'accepted' })
    feed.stop()
    await vi.advanceTimersByTimeAsync(1)
    expect(choices()).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2 * HOLD_MS)
    expect(choices()).toHaveLength(1)
  })

  it('sends a choice that could not be sent as soon as the device answers', async () => {
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    isUp = false
    feed.choose('b', { choice: 'rejected', reason: 'No room for it' })
    await feed.settle()
    expect(feed.seen).toMatchObject({ isLost: true, choices: { b: { state: 'unsent' } } })
    feed.takeBack('b')
    isUp = true
    await vi.advanceTimersByTimeAsync(5_000)
    expect(choices()).toEqual(['POST /v1/decisions/b/choice {"choice":"rejected","reason":"No room for it"}'])
    expect(feed.seen.choices).toEqual({})
  })

  it('tells a choice that the device does not take, and goes on', async () => {
    refusals = { '/v1/decisions/a': { status: 409, code: 'decision-otherwise' } }
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    feed.choose('a', { choice: 'accepted' })
    await feed.settle()
    expect(feed.seen).toMatchObject({ refused: { a: 'decision-otherwise' }, isLost: false })
    expect(feed.seen.choices).toEqual({})
  })

  it('does not offer again what was taken in, though a list that was asked before still does', async () => {
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    feed.choose('o', { choice: 'accepted' })
    await feed.settle()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(feed.seen.choices).toEqual({})
    expect(feed.seen.decisions).toEqual([{ id: 'o', open: false }, { id: 'c' }])
  })

  it('keeps a choice that the device cannot store, and sends it again, while the rest is shown', async () => {
    refusals = { '/v1/decisions/a': { status: 503, code: 'disk-full' } }
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    feed.choose('a', { choice: 'accepted' })
    await feed.settle()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(feed.seen).toMatchObject({ choices: { a: { state: 'unsent' } }, refused: {}, isLost: false })
    refusals = {}
    await vi.advanceTimersByTimeAsync(5_000)
    expect(feed.seen.choices).toEqual({})
    expect(choices()).toHaveLength(3)
  })

  it('notices that nobody is signed in, and that the device runs other software', async () => {
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    version = '2'
    feed.choose('a', { choice: 'accepted' })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(reloaded, 'while a choice is on its way').toBe(0)
    await vi.advanceTimersByTimeAsync(HOLD_MS)
    expect(choices()).toHaveLength(1)
    expect(reloaded).toBeGreaterThan(0)
    refusals = { '/v1/': { status: 401, code: 'not-signed-in' } }
    await vi.advanceTimersByTimeAsync(5_000)
    expect(signedOut).toBe(1)
  })
})
