import { POLICY_GATES, Policy, PolicyName } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Gates, Governance } from '../../governance/index.ts'
import type { Registry } from '../../registry/index.ts'
import { documentRoutes } from '../documents.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf } from '../schemas.ts'

const Evaluation = z.strictObject({
  gate: z.enum(POLICY_GATES),
  model: z.string().max(100).describe('models:/demand/3 or models:/demand@candidate'),
  devices: z.int().nonnegative().default(0).describe('How many devices a rollout would be of'),
  selector: z.record(z.string(), z.unknown()).default({}),
  policies: z.array(Policy).max(200).optional().describe('Asked in place of those in force'),
})
const Decision = z.object({
  policy: PolicyName,
  sha256: z.string().describe('Of the policy’s RFC 8785 JSON'),
  gate: z.string(),
  verdict: z.enum(['allow', 'audit', 'warn', 'deny']),
  messages: z.array(z.string()),
  inputs: z.record(z.string(), z.unknown()),
})
const tags = ['policies']

interface PolicyRoutesOptions {
  readonly governance: Governance
  readonly gates: Gates
  readonly registry: Pick<Registry, 'resolve'>
}

export const policyRoutes =
  ({ governance, gates, registry }: PolicyRoutesOptions): Routes =>
  (app) => {
    app.get(
      '/v1/policies',
      {
        config: { permission: 'policy.read', sites: 'none' },
        schema: { tags, summary: 'Policies in force', querystring: PageQuery, response: { 200: pageOf(Policy) } },
      },
      ({ query: { cursor, limit } }) => governance.list({ after: cursor, limit }),
    )
    documentRoutes(app, {
      ...{ path: '/v1/policies', parameter: 'policy', called: 'policy', misnamed: 'policy-name', tags },
      ...{ name: PolicyName, document: Policy, shown: Policy, write: 'policy.write' },
      read: { permission: 'policy.read', sites: 'none' },
      summaries: { one: 'One policy', put: 'Create or replace a policy', remove: 'Remove a policy' },
      kept: governance,
      state: (client, name) => governance.get(name, client),
    })
    app.post(
      '/v1/policy-evaluations',
      {
        config: { permission: 'policy.read', sites: 'none' },
        bodyLimit: 4 * 1024 * 1024,
        schema: {
          tags,
          summary: 'What policies would say of a version at a gate; nothing is done',
          body: Evaluation,
          response: { 200: z.object({ decisions: z.array(Decision) }) },
        },
      },
      async ({ body: { gate, model, devices, selector, policies } }) => {
        const inputs = await gates.inputsOf(
          gate,
          await registry.resolve(model),
          gate === 'rollout' ? { devices, selector } : null,
        )
        const decisions = await governance.preview(inputs, policies)
        return {
          decisions: decisions.map((one) => ({ ...one, messages: [...one.messages], inputs: { ...inputs } })),
        }
      },
    )
  }
