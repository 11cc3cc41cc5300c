import { Policy } from '@storecast/shared/contracts'
import type { PoolClient } from 'pg'
import type { AuditLog, PolicyDecision } from '../audit/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { ForbiddenError, InvalidError, NotFoundError } from '../platform/errors.ts'
import { type Page, type PageRequest, toPage } from '../platform/paging.ts'
import { evaluatePolicies, policyFaults } from './evaluate.ts'
import type { PolicyInputs } from './inputs.ts'

export interface Governance {
  /** By name. */
  list(page: PageRequest): Promise<Page<Policy>>
  /** Every policy in force, by name. */
  all(): Promise<readonly Policy[]>
  /** @throws NotFoundError `policy-unknown`. */
  get(name: string, client?: Pick<PoolClient, 'query'>): Promise<Policy>
  /** Creates or replaces a policy. @throws InvalidError `policy-expression` for what can never be evaluated. */
  put(policy: Policy): Promise<Policy>
  /** @throws NotFoundError `policy-unknown`. */
  remove(name: string): Promise<void>
  /**
   * Asks every policy of the gate, and writes each one's word and its inputs to the audit log.
   * @throws ForbiddenError `policy-denied` where one denies; whatever keeps policies from being read refuses too.
   */
  admit(inputs: PolicyInputs): Promise<void>
  /** What `admit` would find, without effect. @param policies in place of those in force */
  preview(inputs: PolicyInputs, policies?: readonly Policy[]): Promise<readonly PolicyDecision[]>
}

export function createGovernance(options: { database: Database; audit: AuditLog; clock: Clock }): Governance {
  const { database, audit, clock } = options
  const { pool } = database
  /** @param limit null: all */
  const read = async (after: string, limit: number | null) => {
    const { rows } = await pool.query<{ document: unknown }>(
      'SELECT document FROM policies WHERE name > $1 ORDER BY name LIMIT $2',
      [after, limit],
    )
    return rows.map(({ document }) => Policy.parse(document))
  }
  const all = () => read('', null)
  return {
    list: async ({ after = '', limit }) => toPage(await read(after, limit + 1), limit, ({ metadata }) => metadata.name),
    all,
    async get(name, client = pool) {
      const { rows } = await client.query<{ document: unknown }>('SELECT document FROM policies WHERE name = $1', [
        name,
      ])
      return rows[0] ? Policy.parse(rows[0].document) : unknownPolicy(name)
    },
    async put(policy) {
      const [fault] = policyFaults(policy)
      if (fault) {
        throw new InvalidError({
          code: 'policy-expression',
          message: `Policy ${policy.metadata.name}, ${fault.at}: ${fault.message}. docs/operator/fleet-as-code.md says what expressions can use.`,
        })
      }
      await database.transaction((client) =>
        client.query(
          `INSERT INTO policies (name, document, updated_at) VALUES ($1, $2, $3)
           ON CONFLICT (name) DO UPDATE SET document = $2, updated_at = $3`,
          [policy.metadata.name, policy, clock.now()],
        ),
      )
      return policy
    },
    remove: (name) =>
      database.transaction(async (client) => {
        const { rowCount } = await client.query('DELETE FROM policies WHERE name = $1', [name])
        if (rowCount === 0) unknownPolicy(name)
      }),
    async admit(inputs) {
      const decisions = evaluatePolicies(await all(), inputs)
      for (const decision of decisions) await audit.note(decision)
      const denied = decisions.filter(({ verdict }) => verdict === 'deny')
      if (denied.length === 0) return
      const { name, version } = inputs.model
      const reasons = denied.map(({ policy, messages }) => `${policy}: ${messages.join('; ')}`)
      throw new ForbiddenError({
        code: 'policy-denied',
        message: `Policy does not let ${name}${version === undefined ? '' : `@${version}`} through at "${inputs.gate}". ${reasons.join('. ')}.`,
      })
    },
    preview: async (inputs, policies) => evaluatePolicies(policies ?? (await all()), inputs),
  }
}

function unknownPolicy(name: string): never {
  throw new NotFoundError({
    code: 'policy-unknown',
    message: `There is no policy ${name}. GET /v1/policies lists them.`,
  })
}
