/** What judges policies, for the operator's side too: without a cloud, and without anything that a cloud needs. */
export { evaluatePolicies, policyFaults } from './evaluate.ts'
export type { PolicyInputs } from './inputs.ts'
