import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RolloutDocument } from '@storecast/shared/contracts'
import { describe, expect, it } from 'vitest'
import { DocumentError, parseText, readDocument } from './read-document.ts'

const SHIPPED = new URL('../rollouts/demand.yaml', import.meta.url).pathname

const rollout = (spec: string) => `apiVersion: storecast/v1
kind: Rollout
metadata: { name: demand-spring }
spec:
  model: models:/demand@candidate
${spec
  .split('\n')
  .map((line) => `  ${line}`)
  .join('\n')}
`
function problems(text: string): readonly string[] {
  try {
    parseText(text, 'rollout.yaml', RolloutDocument)
  } catch (error) {
    expect(error).toBeInstanceOf(DocumentError)
    return (error as DocumentError).problems
  }
  return []
}

describe('a rollout in a file', () => {
  it('is read with its defaults', async () => {
    const { spec } = parseText(rollout('steps: [analysis: {}, setWeight: 100]'), 'r', RolloutDocument)
    expect(spec).toMatchObject({
      suspend: false,
      selector: { labels: {}, expressions: [], groups: [] },
      evidence: 'required',
      analysis: { devices: 200, margin: 0.03, minDays: 7, maxDays: 14, onInconclusive: 'hold' },
      lateJoiners: 'join',
      deadline: '1h',
    })
    expect(problems(rollout('steps: [setWeight: 100]\nevidence: none'))).toEqual([])
  })

  it('is shipped as an example that is valid, and reads the same again', async () => {
    const document = await readDocument(SHIPPED, RolloutDocument)
    expect(document.spec.steps.length).toBeGreaterThan(3)
    expect(RolloutDocument.parse(document)).toEqual(document)
  })

  it.each([
    [
      'passes 25 % without evidence',
      'steps:\n  - setWeight: 5\n  - setWeight: 100',
      [
        /^rollout.yaml:8:18: spec.steps\[1\].setWeight: less than 25 without an analysis step before it.*evidence: none/,
      ],
    ],
    ['goes back', 'steps:\n  - setWeight: 5\n  - setWeight: 5', [/:8:18: spec.steps\[1\].setWeight: more than the 5/]],
    [
      'has a step of two kinds',
      'steps:\n  - { setWeight: 5, pause: {} }',
      [/^rollout.yaml:7:7: spec.steps\[0\]: a step is one of setWeight, setCount, pause and analysis$/],
    ],
    [
      'has fields that are not there',
      'steps:\n  - setWeigth: 5\ntimeout: 1h',
      [/^rollout.yaml:7:18: spec.steps\[0\].setWeigth: no such field/, /:8:12: spec.timeout: no such field/],
    ],
    [
      'has wrong values',
      'steps: [setWeight: 120]\ndeadline: soon\ndisruption: { groupBy: region, maxUnavailable: a few }',
      [
        /^rollout.yaml:6:22: spec.steps\[0\].setWeight: .*100/,
        /^rollout.yaml:7:13: spec.deadline: a duration/,
        /^rollout.yaml:8:50: spec.disruption.maxUnavailable: .*number.*10%/,
      ],
    ],
    ['rolls nothing out', 'steps: [pause: {}]', [/:6:10: spec.steps: a setWeight or setCount/]],
    [
      'analyses no evidence',
      'steps: [analysis: {}, setWeight: 5]\nevidence: none',
      [/:6:21: spec.steps\[0\].analysis: evidence is "none"/],
    ],
    [
      'selects by an expression without values',
      'steps: [setWeight: 5]\nselector: { expressions: [{ label: region, operator: In }] }',
      [/:7:29: spec.selector.expressions\[0\].values: In and NotIn take values/],
    ],
    [
      'asks for more days than there are',
      'steps: [setWeight: 5]\nanalysis: { minDays: 9, maxDays: 8, minDevices: 300 }',
      [/:7:24: spec.analysis.minDays: no more than maxDays/, /:7:51: spec.analysis.minDevices: no more than devices/],
    ],
    ['misses its steps', 'alias: champion', [/^rollout.yaml:5:3: spec.steps: /]],
  ])('that %s is refused with file, line and field', (_what, spec, expected) => {
    const said = problems(rollout(spec))
    expect(said).toHaveLength(expected.length)
    for (const [index, pattern] of expected.entries()) expect(said[index]).toMatch(pattern)
  })

  it('that is no YAML, too large or absent says so', async () => {
    expect(problems('a: [1\nb: 2')[0]).toMatch(/^rollout.yaml:2:1: not YAML/)
    const folder = await mkdtemp(join(tmpdir(), 'storecast-document-'))
    const path = join(folder, 'big.yaml')
    await writeFile(path, 'a'.repeat(300_000))
    await expect(readDocument(path, RolloutDocument)).rejects.toMatchObject({ code: 'unreadable' })
    await expect(readDocument(join(folder, 'absent'), RolloutDocument)).rejects.toThrow(/absent: ENOENT/)
    await rm(folder, { recursive: true })
  })
})
