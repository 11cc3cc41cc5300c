import { z } from 'zod'
import { PolicyName } from './names.ts'
import { CelText } from './scalars.ts'

/** Where policies are asked: a bundle is registered, approvals are submitted, a version is rolled out. */
export const POLICY_GATES = ['register', 'approve', 'rollout'] as const
export type PolicyGate = (typeof POLICY_GATES)[number]

/**
 * A rule in CEL (Common Expression Language) that model versions have to meet. Validations are asked in the order in which
 * they stand; each has to be `true`. What cannot be evaluated, or is neither true nor false, does not hold.
 */
export const Policy = z.strictObject({
  apiVersion: z.literal('storecast/v1'),
  kind: z.literal('Policy'),
  metadata: z.strictObject({ name: PolicyName, description: z.string().max(1000).default('') }),
  spec: z.strictObject({
    gates: z
      .array(z.enum(POLICY_GATES))
      .min(1)
      .refine((gates) => new Set(gates).size === gates.length, 'each gate once'),
    /** What the policy is about: where this is not true, it has nothing to say. Absent: everything. */
    match: CelText.optional(),
    validations: z
      .array(
        z.strictObject({
          expression: CelText,
          /** Said where the expression does not hold. */
          message: z.string().max(500).optional(),
          /** A CEL expression that makes the message, in place of `message`. */
          messageExpression: CelText.optional(),
        }),
      )
      .min(1)
      .max(32),
    /** What follows where it does not hold: the call is refused, the caller is warned, or only the audit log says so. */
    validationActions: z
      .array(z.enum(['Deny', 'Warn', 'Audit']))
      .min(1)
      .refine((actions) => new Set(actions).size === actions.length, 'each action once')
      .refine((actions) => !(actions.includes('Deny') && actions.includes('Warn')), 'Deny says all that Warn would'),
  }),
})
export type Policy = z.infer<typeof Policy>
