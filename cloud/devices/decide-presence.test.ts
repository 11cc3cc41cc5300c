import { describe, expect, it } from 'vitest'
import { type Absence, type HeardPresence, hear, type Standing } from './decide-presence.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = Date.UTC(2026, 2, 1, 12)
const never: Standing = { online: false, link: 0, session: '', presenceAt: null, forgotten: false }

const say = (online: boolean, at: number, { link = 1, session = 'a' } = {}): HeardPresence => ({
  device: 'shop-1',
  presence: { online, link, session },
  at,
})
/** Connected at `NOW`, then away and back at these minutes. */
const after = (...minutes: readonly (readonly [away: number, back: number])[]) => {
  const said = minutes.flatMap(([away, back], i) => [
    say(false, NOW + away * MINUTE, { link: i + 1, session: `${i}` }),
    say(true, NOW + back * MINUTE, { link: i + 2, session: `${i + 1}` }),
  ])
  return hear({ ...never, online: true, link: 1, session: '0', presenceAt: NOW }, undefined, said)
}
const minutesOf = ({ ended }: { ended: readonly Absence[] }) =>
  ended.map(({ beganAt, backAt, times, awayMs }) => [
    (beganAt - NOW) / MINUTE,
    (backAt - NOW) / MINUTE,
    times,
    awayMs / MINUTE,
  ])

describe('what a device says of its connection', () => {
  it('is a first connect, and then absences', () => {
    const first = hear(never, undefined, [say(true, NOW)])
    expect(first.standing).toEqual({ ...say(true, NOW).presence, presenceAt: NOW, forgotten: false })
    expect(first.ended).toEqual([{ beganAt: NOW, backAt: NOW, times: 0, awayMs: 0 }])
    const away = hear(first.standing, first.ended[0], [say(false, NOW + MINUTE)])
    expect(away).toEqual({ standing: { ...first.standing, online: false, presenceAt: NOW + MINUTE }, ended: [] })
    const back = hear(away.standing, first.ended[0], [say(true, NOW + 5 * MINUTE, { link: 2, session: 'b' })])
    expect(minutesOf(back)).toEqual([[1, 5, 1, 4]])
  })

  it('counts from when it was said first, however often the broker says it again', () => {
    const { standing } = hear(never, undefined, [say(true, NOW), say(false, NOW + MINUTE)])
    expect(hear(standing, undefined, [say(false, NOW + HOUR)]).standing).toBe(standing)
    const there = hear(standing, undefined, [say(true, NOW + 2 * HOUR, { link: 2 })])
    expect(minutesOf(there)).toEqual([[1, 120, 1, 119]])
    expect(hear(there.standing, undefined, [say(true, NOW + 9 * HOUR, { link: 2 })]).standing).toBe(there.standing)
  })

  it('is not what an older connection says late', () => {
    const held = hear(never, undefined, [say(true, NOW, { link: 4, session: 'b' })]).standing
    const late = [say(false, NOW, { link: 3 }), say(false, NOW, { link: 4, session: 'a' })]
    expect(hear(held, undefined, late)).toEqual({ standing: held, ended: [] })
    // To another worker, which was told of both, the session that is over comes late.
    const over = hear(held, undefined, [say(false, NOW + 1, { link: 4, session: 'b' })]).standing
    const again = [say(true, NOW + 2, { link: 4, session: 'b' }), say(false, NOW + 3, { link: 4, session: 'b' })]
    expect(hear(over, undefined, again)).toEqual({ standing: over, ended: [] })
    // It connected anew before anybody noticed that it was away.
    const anew = hear(held, undefined, [say(true, NOW + MINUTE, { link: 5, session: 'c' })])
    expect(anew).toMatchObject({ standing: { link: 5, presenceAt: NOW + MINUTE }, ended: [] })
  })

  it('is one absence where it comes and goes', () => {
    expect(minutesOf(after([10, 11], [20, 22], [81, 82]))).toEqual([[10, 82, 3, 4]])
    expect(minutesOf(after([10, 11], [71, 72]))).toEqual([
      [10, 11, 1, 1],
      [71, 72, 1, 1],
    ])
  })

  it('is one absence a day where it comes and goes for weeks', () => {
    const week = Array.from({ length: 7 * 24 * 2 }, (_, i) => [i * 30, i * 30 + 1] as const)
    const ended = minutesOf(after(...week))
    expect(ended).toHaveLength(7)
    expect(ended.map(([, , times]) => times)).toEqual(Array(7).fill(48))
  })

  it('is none where the cloud was away, and the device back soon after', () => {
    const held: Standing = { ...never, link: 1, session: 'a', presenceAt: NOW, forgotten: true }
    const back = (minutes: number) => hear(held, undefined, [say(true, NOW + minutes * MINUTE, { session: 'b' })])
    expect(back(9)).toMatchObject({ standing: { online: true, forgotten: false }, ended: [] })
    expect(minutesOf(back(11))).toEqual([[0, 11, 1, 11]])
  })
})
