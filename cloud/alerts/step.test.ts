import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testRule } from '../test/alert-documents.ts'
import { judge, judgeInTurns } from './judge.ts'
import { mute } from './mute.ts'
import { nextStates, type OpenAlert } from './step.ts'
import type { Subject } from './subjects.ts'

const MINUTE = 60_000
const subject = (id: string, online: unknown): Subject => ({
  id,
  site: 'berlin',
  labels: { site: 'berlin' },
  facts: { id, online },
})

/** Looks again and again, as the watch does, over what is held in memory. */
function watching(rules = [testRule()]) {
  let open: (OpenAlert & { readonly ended?: string })[] = []
  let id = 0
  return {
    ended: [] as string[],
    keys: () => open.map(({ rule, subject }) => `${rule} ${subject}`),
    rules: new Map(rules.map((rule) => [rule.metadata.name, rule])),
    look(now: number, subjects: readonly Subject[]) {
      const judgements = new Map([...this.rules].map(([name, rule]) => [name, judge(rule, subjects, now)]))
      for (const one of nextStates({ rules: this.rules, judgements, open, now })) {
        if (one.kind === 'begin') {
          const { rule, subject } = one.condition
          open.push({ id: ++id, rule, subject, state: one.state, since: now, clearSince: null })
        } else if (one.kind === 'forget' || one.kind === 'resolve') {
          if (one.kind === 'resolve') this.ended.push(one.reason)
          open = open.filter((alert) => alert.id !== one.id)
        } else {
          open = open.map((alert) => {
            if (alert.id !== one.id) return alert
            if (one.kind === 'clear') return { ...alert, clearSince: now }
            return { ...alert, clearSince: null, state: one.fires ? 'firing' : alert.state }
          })
        }
      }
      return open.map(({ subject, state }) => `${subject} ${state}`)
    },
  }
}

describe('an alert', () => {
  it('fires at once where the rule waits for nothing, and is resolved when the condition is false', () => {
    const watch = watching()
    expect(watch.look(0, [subject('a', false), subject('b', true)])).toEqual(['a firing'])
    expect(watch.look(1, [subject('a', false), subject('b', false)])).toEqual(['a firing', 'b firing'])
    expect(watch.look(2, [subject('a', true), subject('b', false)])).toEqual(['b firing'])
    expect(watch.look(3, [])).toEqual([]) // A subject that is gone has no condition.
    expect(watch.ended).toEqual(['cleared', 'cleared'])
  })

  it('waits for as long as the rule says, and of one that never fired nothing is kept', () => {
    const watch = watching([testRule({ for: '10m' })])
    expect(watch.look(0, [subject('a', false)])).toEqual(['a pending'])
    expect(watch.look(9 * MINUTE, [subject('a', false)])).toEqual(['a pending'])
    expect(watch.look(10 * MINUTE, [subject('a', false)])).toEqual(['a firing'])
    expect(watch.look(11 * MINUTE, [subject('a', true)])).toEqual([])
    expect(watch.look(12 * MINUTE, [subject('a', false)])).toEqual(['a pending'])
    expect(watch.look(13 * MINUTE, [subject('a', true)])).toEqual([])
    expect(watch.ended).toEqual(['cleared'])
  })

  it('holds until the condition has been false for long enough', () => {
    const watch = watching([testRule({ clearFor: '5m' })])
    watch.look(0, [subject('a', false)])
    expect(watch.look(1 * MINUTE, [subject('a', true)])).toEqual(['a firing'])
    expect(watch.look(4 * MINUTE, [subject('a', false)])).toEqual(['a firing'])
    expect(watch.look(5 * MINUTE, [subject('a', true)])).toEqual(['a firing'])
    expect(watch.look(9 * MINUTE, [subject('a', true)])).toEqual(['a firing'])
    expect(watch.look(10 * MINUTE, [subject('a', true)])).toEqual([])
  })

  it('stays as it is where the condition cannot be told, and ends with its rule', () => {
    const watch = watching()
    watch.look(0, [subject('a', false)])
    expect(watch.look(1, [subject('a', 'perhaps'), subject('b', 'perhaps')])).toEqual(['a firing'])
    watch.rules.clear()
    expect(watch.look(2, [subject('a', false)])).toEqual([])
    expect(watch.ended).toEqual(['rule-removed'])
  })

  it('is one for each rule and subject, whatever is seen in whatever order', () => {
    const looks = fc.array(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(true, false, 'x')), { maxLength: 4 }),
    )
    fc.assert(
      fc.property(looks, fc.constantFrom(undefined, '2m'), (all, wait) => {
        const watch = watching([testRule({ for: wait, clearFor: wait }), testRule({ when: 'device.online' }, 'here')])
        all.forEach((seen, minute) => {
          const subjects = [...new Map(seen)].map(([id, online]) => subject(id, online))
          watch.look(minute * MINUTE, subjects)
          expect(new Set(watch.keys()).size).toBe(watch.keys().length)
        })
      }),
    )
  })
})

describe('a rule', () => {
  it('sees the subject, its labels and the time; its own labels go over the subject’s', () => {
    const rule = testRule({
      when: "device.online && labels.site == 'berlin' && now == 5.0",
      summary: '{{device.id}} at {{labels.site}}',
      labels: { team: 'shops', site: 'all' },
    })
    expect(judge(rule, [subject('a', true)], 5).conditions).toEqual([
      {
        ...{ rule: 'device-away', subject: 'a', site: 'berlin', severity: 'warning', summary: 'a at berlin' },
        labels: { site: 'all', team: 'shops' },
      },
    ])
    expect(judge(rule, [subject('a', true)], 6).conditions).toEqual([])
  })

  it('says of which subjects it cannot tell and why, and is about those that match', () => {
    const rule = testRule({ match: "device.id != 'b'", when: 'device.load > 1.0' })
    const subjects = [subject('a', true), subject('b', true), { ...subject('c', true), facts: { id: 'c', load: 2 } }]
    expect(judge(rule, subjects, 0)).toMatchObject({
      conditions: [{ subject: 'c', summary: 'c is away' }],
      unknown: new Set(['a']),
      error: expect.stringMatching(/^a: when cannot be evaluated .*load/),
    })
  })

  it('is asked of a large fleet in turns, between which others are served, and says the same', async () => {
    const subjects = Array.from({ length: 1700 }, (_, i) => subject(`d${i}`, [true, false, 'perhaps'][i % 3]))
    let served = 0
    const serve = () => {
      served++
      next = setImmediate(serve)
    }
    let next = setImmediate(serve)
    const judgement = await judgeInTurns(testRule(), subjects, 0)
    clearImmediate(next)
    expect(judgement).toEqual(judge(testRule(), subjects, 0))
    expect(served).toBeGreaterThanOrEqual(3)
    expect([judgement.conditions.length, judgement.unknown.size]).toEqual([567, 566])
  })

  it('has an alert also where its text cannot be filled', () => {
    const [condition] = judge(
      testRule({ when: 'true', summary: '{{device.nothing}}' }),
      [subject('a', 1)],
      0,
    ).conditions
    expect(condition?.summary).toMatch(/^device-away \(.*nothing/)
  })
})

describe('muting', () => {
  const rules = new Map(
    [
      testRule({ inhibitedBy: [{ rule: 'region-away', equal: ['region'] }] }),
      testRule({ subject: 'region', when: 'true', summary: 'x' }, 'region-away'),
    ].map((rule) => [rule.metadata.name, rule]),
  )
  const alert = (id: number, rule: string, labels: Record<string, string>) => ({ id, rule, labels })

  it('lets the parent of the same region tell alone, and silences what carries all labels', () => {
    const firing = [
      alert(1, 'region-away', { region: 'eu' }),
      alert(2, 'device-away', { region: 'eu', site: 'berlin' }),
      alert(3, 'device-away', { region: 'us', site: 'boston' }),
      alert(4, 'device-away', { region: 'us', site: 'austin' }),
    ]
    const silences = [{ id: 9, labels: { rule: 'device-away', site: 'boston' } }]
    expect([...mute(firing, { rules, silences })]).toEqual([
      [1, { inhibitedBy: null, silencedBy: null }],
      [2, { inhibitedBy: 1, silencedBy: null }],
      [3, { inhibitedBy: null, silencedBy: 9 }],
      [4, { inhibitedBy: null, silencedBy: null }],
    ])
  })

  it('is never an alert’s own doing', () => {
    const own = new Map([['a', testRule({ inhibitedBy: [{ rule: 'a', equal: [] }] }, 'a')]])
    expect(mute([alert(1, 'a', {})], { rules: own, silences: [] }).get(1)).toEqual({
      inhibitedBy: null,
      silencedBy: null,
    })
  })
})
