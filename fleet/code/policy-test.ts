import { evaluatePolicies, type PolicyInputs } from '@storecast/cloud/policies'
import { POLICY_GATES, type Policy, PolicyName } from '@storecast/shared/contracts'
import { z } from 'zod'

const Given = z.record(z.string(), z.unknown()).describe('Inputs of a policy: gate, model, champion, approval, rollout')

/** What policies should say of inputs that stand in the file: policies are code, and are tested as code is. */
export const PolicyTest = z.strictObject({
  apiVersion: z.literal('storecast/v1'),
  kind: z.literal('PolicyTest'),
  metadata: z.strictObject({ name: PolicyName, description: z.string().max(1000).default('') }),
  spec: z.strictObject({
    policy: PolicyName.describe('The policy that is asked'),
    given: Given.default({}).describe('What every case begins with'),
    cases: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(200),
          gate: z.enum(POLICY_GATES),
          given: Given.default({}).describe('Goes over what every case begins with, field by field'),
          expect: z.enum(['allow', 'audit', 'warn', 'deny']),
          message: z.string().optional().describe('A part of what the policy says'),
        }),
      )
      .min(1),
  }),
})
export type PolicyTest = z.infer<typeof PolicyTest>

export interface CaseResult {
  readonly test: string
  readonly case: string
  readonly policy: string
  readonly verdict: string
  readonly messages: readonly string[]
  /** Why the case fails; absent where it passes. */
  readonly failure?: string
}

/** Runs every case with the engine that the cloud judges by. */
export function runPolicyTest(test: PolicyTest, policies: readonly Policy[]): CaseResult[] {
  const { policy: name, given, cases } = test.spec
  const policy = policies.find(({ metadata }) => metadata.name === name)
  return cases.map((one) => {
    const inputs = merge(merge({ ...BLANK, gate: one.gate }, given), one.given) as unknown as PolicyInputs
    const [decision] = policy ? evaluatePolicies([policy], inputs) : []
    const { verdict, messages } = decision ?? { verdict: 'not asked', messages: [] }
    const said = messages.join('; ')
    const failure = !policy
      ? `there is no policy ${name}`
      : verdict !== one.expect
        ? `expected ${one.expect}, and it is ${verdict}${said && `: ${said}`}`
        : one.message !== undefined && !said.includes(one.message)
          ? `expected it to say "${one.message}", and it says "${said}"`
          : undefined
    const result = { test: test.metadata.name, case: one.name, policy: name, verdict, messages }
    return failure === undefined ? result : { ...result, failure }
  })
}

const BLANK = { model: {}, champion: null, approval: null, rollout: null }

type Tree = Readonly<Record<string, unknown>>
const isTree = (value: unknown): value is Tree => value !== null && typeof value === 'object' && !Array.isArray(value)

function merge(base: Tree, over: Tree): Tree {
  const merged = Object.entries(over).map(([name, value]): [string, unknown] => {
    const before = base[name]
    return [name, isTree(before) && isTree(value) ? merge(before, value) : value]
  })
  return { ...base, ...Object.fromEntries(merged) }
}
