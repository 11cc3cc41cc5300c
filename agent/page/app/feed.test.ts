import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Ask, Refused, Unreachable } from './ask.ts'
import { Feed } from './feed.ts'

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
  return { models: [] } as never
}

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

  it('sends a choice at once, and one that could not be sent as soon as the device answers', async () => {
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    const choices = () => asked.filter((one) => one.startsWith('POST'))
    await feed.choose('a/1', { choice: 'accepted' })
    expect(choices()).toEqual(['POST /v1/decisions/a%2F1/choice {"choice":"accepted"}'])
    expect(feed.seen.unsent).toEqual({})
    isUp = false
    await feed.choose('b', { choice: 'rejected', reason: 'No room for it' })
    expect(feed.seen).toMatchObject({ isLost: true, unsent: { b: { choice: 'rejected' } } })
    isUp = true
    await vi.advanceTimersByTimeAsync(5_000)
    expect(choices().at(-1)).toBe('POST /v1/decisions/b/choice {"choice":"rejected","reason":"No room for it"}')
    expect(feed.seen.unsent).toEqual({})
  })

  it('tells a choice that the device does not take, and goes on', async () => {
    refusals = { '/v1/decisions/a': { status: 409, code: 'decision-otherwise' } }
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    await feed.choose('a', { choice: 'accepted' })
    expect(feed.seen).toMatchObject({ refused: { a: 'decision-otherwise' }, unsent: {}, isLost: false })
  })

  it('keeps a choice that the device cannot store, and sends it again, while the rest is shown', async () => {
    refusals = { '/v1/decisions/a': { status: 503, code: 'disk-full' } }
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    await feed.choose('a', { choice: 'accepted' })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(feed.seen).toMatchObject({ unsent: { a: { choice: 'accepted' } }, refused: {}, isLost: false })
    refusals = {}
    await vi.advanceTimersByTimeAsync(5_000)
    expect(feed.seen.unsent).toEqual({})
    expect(asked.filter((one) => one.startsWith('POST'))).toHaveLength(3)
  })

  it('notices that nobody is signed in, and that the device runs other software', async () => {
    feed.start()
    await vi.advanceTimersByTimeAsync(1)
    version = '2'
    await vi.advanceTimersByTimeAsync(5_000)
    expect(reloaded).toBe(1)
    refusals = { '/v1/': { status: 401, code: 'not-signed-in' } }
    await vi.advanceTimersByTimeAsync(5_000)
    expect(signedOut).toBe(1)
  })
})
