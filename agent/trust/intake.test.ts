import type { DesiredState } from '@storecast/shared/contracts'
import { describe, expect, it, vi } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { TrustFrozen, TrustRefused } from './errors.ts'
import { DesiredIntake } from './intake.ts'
import { keepFresh } from './keep-fresh.ts'

const log = createLogger({ level: 'silent' })
const backoff = { baseMs: 5, capMs: 5 }

/** A gate that lets through what begins with `good`, once it is not frozen. */
function openIntake(seen: string[], state: { frozen: boolean }) {
  const followed: string[] = []
  const judge = async (payload: Uint8Array) => {
    const text = Buffer.from(payload).toString()
    seen.push(text)
    if (state.frozen) throw new TrustFrozen('repository-unreachable', 'away')
    if (!text.startsWith('good')) throw new TrustRefused('desired-signature', 'forged')
    return { site: text } as DesiredState
  }
  const follow = async ({ site }: DesiredState) => void followed.push(site)
  const intake = new DesiredIntake({ gate: { judge }, follow, log, backoff })
  return { followed, receive: (text: string) => intake.receive(Buffer.from(text)), intake }
}

describe('desired states on their way in', () => {
  it('wait for the repository, as long as no newer one comes', async () => {
    const seen: string[] = []
    const state = { frozen: true }
    const { followed, receive, intake } = openIntake(seen, state)
    await using _ = intake
    receive('good 1')
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(2))
    receive('good 2')
    await vi.waitFor(() => expect(seen).toContain('good 2'))
    expect(seen.lastIndexOf('good 1')).toBeLessThan(seen.indexOf('good 2'))
    state.frozen = false
    await vi.waitFor(() => expect(followed).toEqual(['good 2']))
  })

  it('are judged once where they are refused, and the next one is judged all the same', async () => {
    const seen: string[] = []
    const { followed, receive, intake } = openIntake(seen, { frozen: false })
    await using _ = intake
    receive('forged')
    await vi.waitFor(() => expect(seen).toEqual(['forged']))
    receive('good')
    await vi.waitFor(() => expect(followed).toEqual(['good']))
    expect(seen).toEqual(['forged', 'good'])
  })

  it('stop waiting when the agent ends', async () => {
    const seen: string[] = []
    const { followed, receive, intake } = openIntake(seen, { frozen: true })
    receive('good')
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0))
    await intake[Symbol.asyncDispose]()
    const judged = seen.length
    receive('good')
    expect({ followed, judged: seen.length }).toEqual({ followed: [], judged })
  })
})

describe('keeping fresh', () => {
  it('asks again and again, sooner after a failure, and ends when it is let go', async () => {
    let asked = 0
    const refresh = async () => {
      asked++
      if (asked % 2 === 0) throw new TrustFrozen('repository-unreachable', 'away')
    }
    const keeping = keepFresh({ gate: { refresh }, everyMs: 4, backoff })
    await vi.waitFor(() => expect(asked).toBeGreaterThan(5))
    await keeping[Symbol.asyncDispose]()
    expect(asked).toBeGreaterThan(5)
  })

  it('does not keep a refresh that is under way from ending', async () => {
    const began = Promise.withResolvers<void>()
    const refresh = (signal: AbortSignal) =>
      new Promise<void>((_, reject) => {
        began.resolve()
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    const keeping = keepFresh({ gate: { refresh }, everyMs: 4, backoff })
    await began.promise
    await expect(keeping[Symbol.asyncDispose]()).resolves.toBeUndefined()
  })
})
