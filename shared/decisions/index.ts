/** The rule is apart (`@storecast/shared/decisions/rule`), as it brings the language of expressions with it: 5 MB of a device's memory. */
export { judgeDecision } from './judge.ts'
export { criticalRatio, orderQuantity, quantileAt } from './newsvendor.ts'
