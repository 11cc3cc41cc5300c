import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { listAll } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { wholeNumber } from './options.ts'
import { printList } from './output.ts'

interface Kpi {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly model: string | null
  readonly value: number | null
  readonly target: { readonly below?: number; readonly above?: number } | null
  readonly met: boolean | null
  readonly groups: readonly { readonly group: string | null; readonly value: number | null }[]
}

interface ListOptions {
  readonly days: number
  readonly model?: string
  readonly by?: string
  readonly json?: boolean
}

const DAY = 86_400_000

/** `storecast kpi …`: what the programme is measured by. */
export function addKpiCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  program
    .command('kpi')
    .description('Look at what the programme is measured by')
    .command('list')
    .description('List the KPIs of the last days, with their targets')
    .option('--days <n>', 'how many', wholeNumber, 7)
    .option('--model <model>', 'only those of one model')
    .option('--by <key>', 'each for every site, or every value of a label (label:region)', splitBy)
    .option('--json', 'print one JSON array, with formulas, denominators and trends')
    .action(async ({ days, json, ...filter }: ListOptions) => {
      const to = Date.now()
      const query = new URLSearchParams({ from: String(to - days * DAY), to: String(to), ...filter })
      printList(terminal, await listAll<Kpi>(await connect(context), `/v1/kpis?${query}`), {
        json,
        columns: {
          kpi: ({ title }) => title,
          model: ({ model }) => model,
          value: ({ value, unit }) => withUnit(value, unit),
          target: ({ target, unit }) => targetText(target, unit),
          met: ({ met }) => (met === null ? null : met ? 'yes' : 'no'),
          ...(filter.by !== undefined && {
            [filter.by]: ({ groups, unit }: Kpi) =>
              groups.map(({ group, value }) => `${group ?? '(none)'} ${withUnit(value, unit) ?? '–'}`).join(', '),
          }),
        },
        none: 'nothing was measured in these days',
      })
    })
}

function splitBy(text: string): string {
  if (text === 'site' || /^label:[a-z][a-z0-9_-]{0,31}$/.test(text)) return text
  throw new InvalidArgumentError('say site, or a label as label:region')
}

/** Shares as per cent. */
function withUnit(value: number | null, unit: string): string | null {
  if (value === null) return null
  if (unit === '1') return `${(100 * value).toFixed(1)} %`
  return unit.startsWith('1/') ? `${value.toFixed(1)} ${unit.slice(1)}` : `${value.toFixed(1)} ${unit}`
}

function targetText(target: Kpi['target'], unit: string): string | null {
  if (target === null) return null
  const bounds = [
    ['>', target.above],
    ['<', target.below],
  ] as const
  return bounds.flatMap(([sign, bound]) => (bound === undefined ? [] : [`${sign} ${withUnit(bound, unit)}`])).join(', ')
}
