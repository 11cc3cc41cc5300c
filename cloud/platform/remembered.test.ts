import { describe, expect, it } from 'vitest'
import { remembered } from './remembered.ts'

function setUp(options: { times?: number; longestMs?: number; most?: number } = {}) {
  let time = 0
  const made: string[] = []
  const answers = remembered<string>({ times: 10, longestMs: 10_000, most: 3, ...options, now: () => time })
  /** Takes so long, and answers by how many were made. */
  const make =
    (key: string, ms = 400) =>
    async () => {
      made.push(key)
      const answer = `${key}-${made.length}`
      await Promise.resolve()
      time += ms
      return answer
    }
  return { answers, make, made, pass: (ms: number) => (time += ms) }
}
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('remembered answers', () => {
  it('are made once for all who ask at once, and given again while they are fresh', async () => {
    const { answers, make, made, pass } = setUp()
    const both = await Promise.all([answers.get('a', make('a')), answers.get('a', make('a'))])
    pass(3999)
    expect([...both, await answers.get('a', make('a'))]).toEqual(['a-1', 'a-1', 'a-1'])
    expect(made).toEqual(['a'])
  })

  it('are given once more when they are stale, while one newer is made', async () => {
    const { answers, make, made, pass } = setUp()
    await answers.get('a', make('a'))
    pass(4001)
    expect(await answers.get('a', make('a'))).toBe('a-1')
    expect(await answers.get('a', make('a'))).toBe('a-1')
    await settled()
    expect(made).toEqual(['a', 'a'])
    expect(await answers.get('a', make('a'))).toBe('a-2')
  })

  it('are waited for when they are too old, and never fresh for longer than the longest', async () => {
    const { answers, make, pass } = setUp({ longestMs: 500 })
    await answers.get('a', make('a'))
    pass(500 + 2500)
    expect(await answers.get('a', make('a'))).toBe('a-2')
  })

  it('are made each time where that is quick', async () => {
    const { answers, make } = setUp()
    expect(await answers.get('a', make('a', 49))).toBe('a-1')
    expect(await answers.get('a', make('a', 49))).toBe('a-2')
  })

  it('are forgotten in the order in which they were last asked for', async () => {
    const { answers, make, made } = setUp({ most: 2 })
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await answers.get(key, make(key))
    expect(made).toEqual(['a', 'b', 'c', 'b'])
  })

  it('are none where making them failed, and the one before stands where a newer could not be made', async () => {
    const { answers, make, pass } = setUp()
    const fail = () => Promise.reject(new Error('no database'))
    await expect(answers.get('a', fail)).rejects.toThrow('no database')
    expect(await answers.get('a', make('a'))).toBe('a-1')
    pass(4001)
    expect(await answers.get('a', fail)).toBe('a-1')
    await settled()
    expect(await answers.get('a', make('a'))).toBe('a-1')
    await settled()
    expect(await answers.get('a', make('a'))).toBe('a-2')
  })
})
