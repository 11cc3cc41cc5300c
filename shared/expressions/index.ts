export { type CelAnswer, type CelExpression, CelSyntaxError, compileCel } from './cel.ts'
export { compileTemplate, type Json, type Template } from './template.ts'
