export { judgeDecision } from './judge.ts'
export { criticalRatio, orderQuantity, quantileAt } from './newsvendor.ts'
export {
  compileDecision,
  type Decided,
  type DecisionInput,
  type DecisionRule,
  decisionComplaint,
  levelName,
} from './rule.ts'
