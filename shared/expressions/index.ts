export { type CelAnswer, type CelExpression, CelSyntaxError, compileCel } from './cel.ts'
