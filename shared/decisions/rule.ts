import type { DecisionAction, DecisionDefinition } from '../contracts/index.ts'
import { compileCel } from '../expressions/index.ts'
import { criticalRatio, orderQuantity, quantileAt } from './newsvendor.ts'

/** What a decision is made from; quantities in the target's unit. */
export interface DecisionInput {
  /** Of the demand accumulated over the lead time, ascending, [Q]. */
  readonly quantiles: ArrayLike<number>
  readonly stock: number
  readonly onOrder: number
  /** Units in which the product is delivered. */
  readonly pack: number
}

export interface Decided {
  readonly action: DecisionAction
  /** 0 of a hold. */
  readonly quantity: number
}

/** `error`: the expression gave no answer. */
export type DecisionRule = (input: DecisionInput) => Decided | { readonly error: string }

/** `p90` of 0.9, `p2_5` of 0.025: names that an expression can use. */
export const levelName = (level: number): string =>
  `p${String(Number((level * 100).toPrecision(10))).replace('.', '_')}`

const VARIABLES = ['demand', 'stock', 'on_order']

/**
 * Reads the rule of a decision: it reorders where the expression says so and the newsvendor's quantity is above 0, else it
 * holds. One instance serves all products.
 * @param levels of the model's quantiles, ascending
 * @throws CelSyntaxError for an expression that can never be evaluated
 */
export function compileDecision(
  { when, costs }: Pick<DecisionDefinition, 'when' | 'costs'>,
  levels: readonly number[],
): DecisionRule {
  const expression = compileCel(when, VARIABLES)
  const names = levels.map(levelName)
  const level = criticalRatio(costs)
  return ({ quantiles, stock, onOrder, pack }) => {
    const demand = Object.fromEntries(names.map((name, i) => [name, quantiles[i]!]))
    const answer = expression({ demand, stock, on_order: onOrder })
    if ('error' in answer) return answer
    if (typeof answer.value !== 'boolean') return { error: `the expression is neither true nor false: "${when}"` }
    const target = quantileAt({ quantiles, levels, level })
    const quantity = answer.value ? orderQuantity({ target, stock, onOrder, pack }) : 0
    return quantity > 0 ? { action: 'reorder', quantity } : { action: 'hold', quantity: 0 }
  }
}

/**
 * What is wrong with a decision beside a model's quantiles; undefined where it can be made. An expression is tried, so that one
 * which asks for a quantile that is not there is found where it is written.
 */
export function decisionComplaint(
  definition: Pick<DecisionDefinition, 'when' | 'costs'>,
  levels: readonly number[],
): string | undefined {
  try {
    const tried = compileDecision(definition, levels)({ quantiles: levels, stock: 0, onOrder: 0, pack: 1 })
    return 'error' in tried ? tried.error : undefined
  } catch (error) {
    return (error as Error).message
  }
}
