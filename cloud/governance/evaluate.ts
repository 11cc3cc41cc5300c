import { createHash } from 'node:crypto'
import type { Policy } from '@storecast/shared/contracts'
import { type CelExpression, CelSyntaxError, compileCel } from '@storecast/shared/expressions'
import type { PolicyDecision } from '../audit/index.ts'
import { canonicalJson } from '../platform/canonical.ts'
import { INPUT_NAMES, type PolicyInputs } from './inputs.ts'

/** A place in a policy that can never be evaluated. */
export interface PolicyFault {
  /** `spec.validations.0.expression`. */
  readonly at: string
  readonly message: string
}

/** Every expression that is none, before anything depends on it. */
export function policyFaults({ spec }: Policy): PolicyFault[] {
  const expressions: [at: string, text: string | undefined][] = [
    ['spec.match', spec.match],
    ...spec.validations.flatMap(({ expression, messageExpression }, n): [string, string | undefined][] => [
      [`spec.validations.${n}.expression`, expression],
      [`spec.validations.${n}.messageExpression`, messageExpression],
    ]),
  ]
  return expressions.flatMap(([at, text]) => {
    if (text === undefined) return []
    try {
      compileCel(text, INPUT_NAMES)
      return []
    } catch (error) {
      if (error instanceof CelSyntaxError) return [{ at, message: error.message }]
      throw error
    }
  })
}

/** Digest of a policy's canonical JSON. */
export const policyDigest = (policy: Policy): string => createHash('sha256').update(canonicalJson(policy)).digest('hex')

/**
 * What the policies of the gate say of the inputs, each for itself. Pure: the same policies and inputs give the same
 * decisions here and in `storecast policy test`.
 *
 * A policy fails closed: where an expression cannot be evaluated, or gives neither true nor false, it does not hold, and
 * its message says why. `match` too: where it cannot be evaluated, the policy is asked.
 */
export function evaluatePolicies(policies: readonly Policy[], inputs: PolicyInputs): PolicyDecision[] {
  return policies
    .filter(({ spec }) => spec.gates.includes(inputs.gate))
    .map((policy) => {
      const messages = failuresOf(policy, inputs)
      const { validationActions } = policy.spec
      const weight = validationActions.includes('Deny') ? 'deny' : validationActions.includes('Warn') ? 'warn' : 'audit'
      return {
        policy: policy.metadata.name,
        sha256: policyDigest(policy),
        gate: inputs.gate,
        verdict: messages.length === 0 ? 'allow' : weight,
        messages,
        inputs,
      }
    })
}

function failuresOf({ spec }: Policy, inputs: PolicyInputs): string[] {
  // By way of JSON, so that an expression sees what the audit log keeps.
  const variables = JSON.parse(JSON.stringify(inputs)) as Record<string, unknown>
  if (spec.match !== undefined) {
    const matches = ask(spec.match, variables)
    if ('error' in matches) return [`match cannot be evaluated (${matches.error}): ${spec.match}`]
    if (matches.value === false) return []
    if (matches.value !== true) return [`match gives neither true nor false: ${spec.match}`]
  }
  return spec.validations.flatMap(({ expression, message, messageExpression }) => {
    const answer = ask(expression, variables)
    if ('error' in answer) return [`cannot be evaluated (${answer.error}): ${expression}`]
    if (answer.value === true) return []
    if (answer.value !== false) return [`gives neither true nor false: ${expression}`]
    const made = messageExpression === undefined ? undefined : ask(messageExpression, variables)
    if (made && 'value' in made && typeof made.value === 'string') return [made.value.slice(0, 500)]
    return [message ?? `does not hold: ${expression}`]
  })
}

function ask(text: string, variables: Record<string, unknown>): ReturnType<CelExpression> {
  try {
    return compileCel(text, INPUT_NAMES)(variables)
  } catch (error) {
    if (error instanceof CelSyntaxError) return { error: error.message }
    throw error
  }
}
