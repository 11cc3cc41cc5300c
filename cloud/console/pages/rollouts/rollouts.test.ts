import { RolloutDocument } from '@storecast/shared/contracts/rollout'
import { DeviceSelector, parseSelectorText } from '@storecast/shared/contracts/selector'
import { describe, expect, it } from 'vitest'
import { moved, newDraft, newStep, PRESETS, partsOfUri, presetOf, withSpec, withVersion } from './draft.ts'
import { selectorText, selectorWords } from './selector.ts'
import { partsOf, stepWords, verbsOf } from './words.ts'

const NONE = {
  ...{ devices: 0, excluded: 0, late: 0, untold: 0, shadow: 0, told: 0, pending: 0, updating: 0, succeeded: 0 },
  ...{ failed: 0, rolledBack: 0, silent: 0, offline: 0, reverting: 0, reverted: 0 },
}

describe('a draft', () => {
  it('is a rollout as soon as it has a version, whichever way it goes', () => {
    for (const { steps, evidence } of PRESETS) {
      const draft = withSpec(newDraft('demand', '3'), { steps: [...steps], evidence })
      expect(RolloutDocument.safeParse(draft).error).toBeUndefined()
      expect(presetOf(draft.spec)?.steps).toEqual(steps)
    }
    expect(RolloutDocument.safeParse(newDraft()).success).toBe(false)
  })

  it('takes its name from the version until somebody gives it one', () => {
    const draft = withVersion(newDraft('demand', ''), 'demand', '3')
    expect([draft.metadata.name, draft.spec.model]).toEqual(['demand-3', 'models:/demand/3'])
    const named = { ...draft, metadata: { name: 'spring' } }
    expect(withVersion(named, 'demand', '4').metadata.name).toBe('spring')
  })

  it.each([
    ['models:/demand/3', { model: 'demand', version: '3' }],
    ['models:/demand@candidate', { model: 'demand', version: '@candidate' }],
    ['models:/demand/', { model: 'demand', version: '' }],
    ['nonsense', { model: '', version: '' }],
  ])('reads %s', (uri, parts) => expect(partsOfUri(uri)).toEqual(parts))

  it('has steps that can be moved, and begins new ones above those before', () => {
    const steps = [{ setWeight: 5 }, { pause: {} }, { setWeight: 100 }]
    expect(moved(steps, 0, 1)).toEqual([{ pause: {} }, { setWeight: 5 }, { setWeight: 100 }])
    expect([newStep('setWeight', 5), newStep('setCount'), newStep('analysis')]).toEqual([
      ...[{ setWeight: 25 }, { setCount: 1 }, { analysis: {} }],
    ])
  })
})

it.each(['', 'region=eu', 'region=eu,tier in (gold,silver),site notin (oslo),pilot,!retired'])(
  'a selector is typed as it was read: "%s"',
  (text) => expect(selectorText(parseSelectorText(text))).toBe(text),
)

it('says which devices a selector names', () => {
  const words = (text: string, groups: string[] = []) =>
    selectorWords(DeviceSelector.parse({ ...parseSelectorText(text), groups }))
  expect([words(''), words('a=b'), words('', ['eu', 'us']), words('a=b', ['eu'])]).toEqual([
    ...['every device', 'devices with a=b', 'every device of eu or us', 'devices of eu with a=b'],
  ])
})

it('offers the verbs that fit the state, and a retry where something is in trouble', () => {
  const verbs = (state: Parameters<typeof verbsOf>[0]['state'], counts: Partial<typeof NONE> = {}) =>
    verbsOf({ state, counts: { ...NONE, ...counts } })
  expect(verbs('running')).toEqual(['pause', 'promote', 'promote-full', 'abort'])
  expect(verbs('paused', { silent: 1 })).toEqual(['resume', 'promote', 'retry', 'promote-full', 'abort'])
  expect(verbs('succeeded')).toEqual(['undo'])
  for (const over of ['aborting', 'undoing', 'failed', 'aborted', 'undone'] as const) expect(verbs(over)).toEqual([])
})

it('parts a cohort so that its parts add up to those told and those excluded', () => {
  const counts = {
    ...{ ...NONE, told: 9, excluded: 2, pending: 1, updating: 1, succeeded: 2, failed: 1, rolledBack: 1 },
    ...{ silent: 1, offline: 1, reverting: 0, reverted: 1 },
  }
  const parts = partsOf(counts)
  expect(parts.reduce((sum, { devices }) => sum + devices, 0)).toBe(counts.told + counts.excluded)
  expect(parts.filter(({ always }) => always).map(({ name }) => name)).toEqual([
    ...['succeeded', 'failed', 'silent', 'offline', 'excluded'],
  ])
})

it('says what a step does', () => {
  expect([{ setWeight: 5 }, { setCount: 1 }, { pause: { duration: '24h' } }, { pause: {} }].map(stepWords)).toEqual([
    ...['5 % of the devices', '1 device', 'Pause for 24h', 'Pause until somebody resumes'],
  ])
})
