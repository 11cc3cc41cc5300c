/** What journeys of other rooms need of the agent's identity, without an agent. */
export { certificateIdentity, type Identity as AgentIdentity } from '../identity/index.ts'
export { createLogger } from '../platform/logger.ts'
