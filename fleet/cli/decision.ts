import type { Item } from '@storecast/shared/api'
import { type Command, Option } from 'commander'
import { listSome } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { wholeNumber } from './options.ts'
import { instant, printList } from './output.ts'

type Decision = Item<'/v1/decisions'>

interface ListOptions {
  readonly limit: number
  readonly wrong?: boolean
  readonly json?: boolean
  readonly site?: string
  readonly device?: string
  readonly model?: string
  readonly product?: string
  readonly state?: string
}

const STATES = ['held', 'open', 'accepted', 'changed', 'rejected', 'unanswered']

/** `storecast decision …`: what devices suggested to staff. */
export function addDecisionCommands(program: Command, context: CliContext): void {
  const list = program
    .command('decision')
    .description('Look at what devices suggested to staff, what staff made of it, and what came of it')
    .command('list')
    .description('List decisions, newest first')
  for (const name of ['site', 'device', 'model', 'product']) list.option(`--${name} <${name}>`, `of this ${name}`)
  list
    .addOption(
      new Option('--state <state>', 'held: nothing was suggested; open: staff may still choose').choices(STATES),
    )
    .option('--wrong', 'only those that were wrong in hindsight')
    .option('-n, --limit <decisions>', 'how many', wholeNumber, 50)
    .option('--json', 'print one JSON array')
    .action(async ({ limit, wrong, json, ...filter }: ListOptions) => {
      const query = { ...filter, ...(wrong && { correct: 'false' }) }
      printList(context.terminal, await listSome<Decision>(await connect(context), '/v1/decisions', query, limit), {
        json,
        columns: {
          issued: ({ issuedAt }) => instant(issuedAt),
          site: ({ site }) => site,
          product: ({ product }) => product,
          model: ({ model, version }) => `${model}/${version}`,
          stock: ({ stock, onOrder }) => (onOrder === 0 ? amount(stock) : `${amount(stock)} + ${amount(onOrder)}`),
          suggested: ({ action, quantity }) => (action === 'hold' ? null : amount(quantity)),
          state: ({ state }) => state,
          ordered: ({ choice }) => choice && amount(choice.quantity),
          sold: ({ outcome }) => outcome && `${amount(outcome.actual)}${outcome.stockOut ? ', ran out' : ''}`,
          right: ({ outcome }) => outcome && (outcome.correct ? 'yes' : 'no'),
          reason: ({ choice }) => choice?.reason || null,
        },
        none: 'no device has decided anything like that',
      })
    })
}

/** Without the noise of binary fractions. */
const amount = (value: number) => String(Number(value.toPrecision(6)))
