import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { POLICY_GATES, Policy } from '@storecast/shared/contracts'
import { compileCel } from '@storecast/shared/expressions'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { evaluatePolicies, policyFaults } from './evaluate.ts'
import type { ModelFacts, PolicyInputs } from './inputs.ts'

const model: ModelFacts = {
  name: 'demand',
  version: 3,
  licence: 'Apache-2.0',
  precision: 'int8',
  network: 'residual-mlp',
  horizon: 24,
  metrics: { wape: 0.26, latency_p95_ms: 4.5 },
  baseline: { wape: 0.41 },
  lineage: {
    dataset: { sha256: 'a'.repeat(64), rows: 10, from: '2026-01-01', to: '2026-01-31' },
    trainedAt: '2026-02-01T00:00:00Z',
    seconds: 9,
    storecast: '0.1.0',
  },
  source: { kind: 'upload' },
  tags: {},
  bundle: { bytes: 9000, files: ['golden.json', 'manifest.json', 'model.onnx'] },
}
const inputs = (more: Partial<PolicyInputs> = {}): PolicyInputs => ({
  gate: 'rollout',
  model,
  champion: null,
  approval: { approved: true, mode: 'production', reason: '' },
  rollout: { devices: 10, selector: {} },
  ...more,
})
const policy = (spec: Partial<Policy['spec']> & { expression?: string }): Policy =>
  Policy.parse({
    apiVersion: 'storecast/v1',
    kind: 'Policy',
    metadata: { name: 'test' },
    spec: {
      gates: ['rollout'],
      validations: [{ expression: spec.expression ?? 'true' }],
      validationActions: ['Deny'],
      ...Object.fromEntries(Object.entries(spec).filter(([name]) => name !== 'expression')),
    },
  })
const verdict = (policy: Policy, given = inputs()) => evaluatePolicies([policy], given)[0]

describe('a policy', () => {
  it.each([
    ['holds', 'model.metrics.wape < model.baseline.wape', 'allow', []],
    ['does not hold', 'model.version > 3', 'deny', ['does not hold: model.version > 3']],
    ['reads a number as it is written', 'model.version == 3 && rollout.devices <= 10', 'allow', []],
    ['asks for a field that is not there', 'model.metrics.mse < 1.0', 'deny', [/^cannot be evaluated \(.*mse/]],
    ['gives a number', 'model.version', 'deny', [/neither true nor false/]],
    ['compares what cannot be compared', 'model.name < 3', 'deny', [/^cannot be evaluated/]],
  ])('that %s', (_what, expression, expected, messages) => {
    const found = verdict(policy({ expression }))!
    expect(found).toMatchObject({ verdict: expected, inputs: { model: { name: 'demand' } } })
    expect(found.messages).toEqual(messages.map((one) => (one instanceof RegExp ? expect.stringMatching(one) : one)))
  })

  it('warns, or only writes down, where it says so; what cannot be evaluated does not hold there either', () => {
    for (const expression of ['false', 'model.nothing > 1']) {
      expect(verdict(policy({ expression, validationActions: ['Warn', 'Audit'] }))!.verdict).toBe('warn')
      expect(verdict(policy({ expression, validationActions: ['Audit'] }))!.verdict).toBe('audit')
    }
  })

  it('says nothing at other gates, and allows what it is not about', () => {
    expect(evaluatePolicies([policy({ expression: 'false' })], inputs({ gate: 'register' }))).toEqual([])
    expect(verdict(policy({ expression: 'false', match: "model.name == 'other'" }))!.verdict).toBe('allow')
    expect(verdict(policy({ expression: 'false', match: "model.name == 'demand'" }))!.verdict).toBe('deny')
    expect(verdict(policy({ expression: 'true', match: 'model.nothing' }))!.verdict).toBe('deny')
  })

  it('makes its message from what it was given, and does without one that fails', () => {
    const validations = [
      { expression: 'false', message: 'plain', messageExpression: "'wape is ' + string(model.metrics.wape)" },
    ]
    expect(verdict(policy({ validations }))!.messages).toEqual(['wape is 0.26'])
    const broken = [{ expression: 'false', message: 'plain', messageExpression: 'model.nothing' }]
    expect(verdict(policy({ validations: broken }))!.messages).toEqual(['plain'])
  })

  it('denies, whatever it was given, where it cannot be evaluated', () => {
    const asked = policy({ expression: 'model.metrics.wape < 0.5 && model.bundle.bytes < 10000' })
    fc.assert(
      fc.property(fc.jsonValue(), (given) => {
        const [found] = evaluatePolicies([asked], { ...inputs(), model: given as never })
        expect(found!.verdict).toBe('deny')
        expect(found!.messages[0]).toMatch(/cannot be evaluated|neither/)
      }),
    )
  })
})

describe('an expression', () => {
  it.each([
    ['1 +', /line 1:\d+/],
    ['modle.name', /no "modle".*model/],
    ['model.tags.all(t, u == t)', /no "u"/],
    ['sise(model.tags) > 0', /no function "sise"/],
    ['[1].all(a, [1].all(b, [1].all(c, [1].all(d, true))))', /3 deep/],
  ])('that can never be evaluated is refused before: %s', (expression, message) => {
    expect(policyFaults(policy({ expression }))).toEqual([
      { at: 'spec.validations.0.expression', message: expect.stringMatching(message) },
    ])
  })

  it('may use variables of its own and the names of types', () => {
    const expression = "['wape'].all(e, type(e) == string && e in model.metrics) && {'a': 1}.exists(k, k == 'a')"
    expect(policyFaults(policy({ expression }))).toEqual([])
    expect(verdict(policy({ expression }))!.verdict).toBe('allow')
  })

  it('matches in linear time: no pattern holds the cloud up', () => {
    const run = compileCel("model.matches('^(a+)+$')", ['model'])
    const began = performance.now()
    expect(run({ model: `${'a'.repeat(50_000)}!` })).toEqual({ value: false })
    expect(performance.now() - began).toBeLessThan(5000)
  })

  // Of cel-spec's conformance tests: what policies lean on.
  it.each([
    ['1 == 1.0', true],
    ['2 > 1.5', true],
    ['[].all(e, e > 0)', true],
    ['true || 1 / 0 > 1', true],
    ['1 / 0 > 1 || true', true],
    ['false && 1 / 0 > 1', false],
    ['1 in [1.0, 2.0]', true],
    ["has({'a': 1}.b)", false],
    ["'é'.size() == 1", true],
  ])('means what the language says: %s', (expression, value) => {
    expect(compileCel(expression, [])({})).toEqual({ value })
  })

  it.each(['1 / 0 == 0', '9223372036854775807 + 1 > 0', "{'a': 1}.b == 1", 'int(1e99) > 0'])(
    'fails where it must: %s',
    (expression) => {
      expect(compileCel(expression, [])({})).toHaveProperty('error')
    },
  )
})

describe('the shipped policies', async () => {
  const folder = join(import.meta.dirname, '../../fleet/policies')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml'))
  const shipped = new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, Policy]> => {
        return [name.replace('.yaml', ''), Policy.parse(parse(await readFile(join(folder, name), 'utf8')))]
      }),
    ),
  )
  const say = (name: string, given: PolicyInputs) => evaluatePolicies([shipped.get(name)!], given)[0]

  it('are four, named like their files, and can be evaluated', () => {
    expect([...shipped.keys()].sort()).toEqual([
      'approval-required',
      'golden-vectors',
      'licence-present',
      'metrics-gate',
    ])
    for (const [name, one] of shipped) expect([one.metadata.name, policyFaults(one)]).toEqual([name, []])
  })

  it('let a good version through at every gate', () => {
    for (const gate of POLICY_GATES) {
      const given = inputs({ gate, model: { ...model, golden: { cases: 3 } } })
      for (const found of evaluatePolicies([...shipped.values()], given))
        expect(found).toMatchObject({ verdict: 'allow' })
    }
  })

  const champion = { ...model, version: 2, metrics: { wape: 0.25 } }
  it.each<[string, Partial<PolicyInputs>, RegExp | null]>([
    ['approval-required', { approval: { approved: false, mode: 'production', reason: 'Too few.' } }, /^Too few\.$/],
    ['approval-required', { approval: { approved: true, mode: 'development', reason: '' } }, /nobody vouches/],
    ['metrics-gate', { champion }, null],
    ['metrics-gate', { champion: { ...champion, metrics: { wape: 0.2 } } }, /more than 5 %/],
    ['metrics-gate', { champion: { ...champion, metrics: { mse: 0.2 } } }, /not measured/],
    ['metrics-gate', { model: { ...model, metrics: { wape: 0.2, latency_p95_ms: 50 } } }, /p95 latency is 50 ms/],
    ['metrics-gate', { model: { ...model, metrics: { wape: 0.2 } } }, /cannot be evaluated.*latency_p95_ms/],
    ['licence-present', { model: { ...model, licence: '' } }, /name one/],
    ['licence-present', { model: { ...model, licence: 'NOASSERTION' } }, /name one/],
    ['golden-vectors', { model: { ...model, bundle: { bytes: 1, files: ['model.onnx'] } } }, /no golden.json/],
    ['golden-vectors', { gate: 'register', model: { ...model, golden: { cases: 0 } } }, /no case/],
    ['golden-vectors', { gate: 'register' }, /cannot be evaluated/],
  ])('%s, given %j', (name, more, message) => {
    const found = say(name, inputs(more))!
    expect(found.verdict).toBe(message === null ? 'allow' : 'deny')
    if (message !== null) expect(found.messages.join()).toMatch(message)
  })
})
