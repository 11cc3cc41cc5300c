import { expect, it } from 'vitest'
import type { ModelRun } from '../inference/index.ts'
import { Probation } from './probation.ts'

const two = { version: 2, sha256: '22' }
const ran = (outcome: ModelRun['outcome'], ms = 1): ModelRun => ({ model: 'tiny', ...two, outcome, ms })
const versionOf = () => two
const pending = (probation: Probation, now: number) => probation.pending(now, versionOf).get('tiny')

it('counts the runs of what it watches, against the policy’s limits', () => {
  const probation = new Probation()
  expect(probation.note(ran('crashed'), undefined)).toBe(false)
  probation.watch(new Map([['tiny', two]]), 1000)
  expect(probation.note(ran('done'), undefined)).toBe(false)
  expect(probation.note(ran('done', 20), { maxLatencyMs: 10 })).toBe(true)
  expect(probation.note(ran('failed'), undefined)).toBe(true)
  expect(probation.note(ran('crashed'), undefined)).toBe(true)
  expect(probation.note({ ...ran('crashed'), sha256: '33' }, undefined)).toBe(false)
  expect(pending(probation, 1500)).toEqual({ ...two, elapsedMs: 500, runs: 3, failed: 1, slow: 1, crashes: 1 })
})

it('keeps what could not be noted, and what came while the rest was', () => {
  const probation = new Probation()
  probation.watch(new Map([['tiny', two]]), 0)
  probation.note(ran('failed'), undefined)
  // The disk was full: nothing was noted.
  pending(probation, 100)
  const more = pending(probation, 200)!
  expect(more).toMatchObject({ elapsedMs: 200, runs: 1, failed: 1 })
  probation.note(ran('crashed'), undefined)
  probation.noted(more, 200)
  expect(pending(probation, 250)).toMatchObject({ elapsedMs: 50, runs: 0, failed: 0, crashes: 1 })
})

it('counts a version that is expected from its first run, and its time from when its probation begins', () => {
  const probation = new Probation()
  probation.expect('tiny', two)
  probation.note(ran('crashed'), undefined)
  expect(pending(probation, 100)).toBeUndefined()
  probation.watch(new Map([['tiny', two]]), 300)
  expect(pending(probation, 400)).toMatchObject({ elapsedMs: 100, crashes: 1 })
  // Its probation is over.
  probation.watch(new Map(), 500)
  expect(probation.isEmpty).toBe(true)
})
