export type { ChoiceMade } from './choose.ts'
export { Decisions, type DecisionsOptions } from './decisions.ts'
export {
  DECISION_STATES,
  type DecisionState,
  decisionCounts,
  type ListedDecision,
  listDecisions,
  listed,
  openSuggestions,
} from './queries.ts'
