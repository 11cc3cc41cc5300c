import type { Got, Item } from '@storecast/shared/api'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { listAll } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { newest } from './newest.ts'
import { moment, wholeNumber } from './options.ts'
import { printList } from './output.ts'

type Kpi = Item<'/v1/kpis'>

interface ListOptions {
  readonly days: number
  /** Unix ms. */
  readonly until?: number
  readonly model?: string
  readonly by?: string
  readonly json?: boolean
}

const DAY = 86_400_000

/** `storecast kpi …`: what the programme is measured by. */
export function addKpiCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const kpi = program.command('kpi').description('Look at what the programme is measured by')
  addCompare(kpi, context)
  kpi
    .command('list')
    .description('List the KPIs of the last days, with their targets')
    .option('--days <n>', 'how many', wholeNumber, 7)
    .option('--until <time>', 'their end; by default, how far the data reaches', moment)
    .option('--model <model>', 'only those of one model')
    .option('--by <key>', 'each for every site, or every value of a label (label:region)', splitBy)
    .option('--json', 'print one JSON array, with formulas, denominators and trends')
    .action(async ({ days, until, json, ...filter }: ListOptions) => {
      const client = await connect(context)
      const { to, cloudTo } = until === undefined ? await newest(client) : { to: until, cloudTo: until }
      const span = { from: String(to - days * DAY), to: String(to), cloudTo: String(cloudTo) }
      const query = new URLSearchParams({ ...span, ...filter })
      printList(terminal, await listAll<Kpi>(client, `/v1/kpis?${query}`), {
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

type Comparison = Got<'/v1/kpis/{kpi}/comparison'>
type Figure = Comparison['treated']['before']
type Interval = NonNullable<Comparison['againstControl']>

interface CompareOptions {
  readonly change: number
  readonly days: number
  readonly until?: number
  readonly model?: string
  readonly treated?: string
  readonly control?: string
  readonly json?: boolean
}

/** `storecast kpi compare`: before and after a change, and against shops that did not have it. */
function addCompare(kpi: Command, context: CliContext): void {
  const { terminal } = context
  kpi
    .command('compare')
    .description('Compare a KPI before and after a change, and with shops that did not have it')
    .argument('<kpi>', 'stock-out-rate')
    .requiredOption('--change <time>', 'when it came: 2026-03-29', moment)
    .option('--days <n>', 'days before it', wholeNumber, 28)
    .option('--until <time>', 'end of the days after it; now without it', moment)
    .option('--model <model>', 'where several models have the KPI')
    .option('--treated <label=value>', 'shops that had the change; every shop without it')
    .option('--control <label=value>', 'shops that had it not')
    .option('--json', 'print it as one JSON object')
    .action(async (id: string, { change, days, until = Date.now(), json, ...shops }: CompareOptions) => {
      const span = { from: String(change - days * DAY), change: String(change), to: String(until) }
      const path = `/v1/kpis/${encodeURIComponent(id)}/comparison?${new URLSearchParams({ ...span, ...shops })}`
      const found = await (await connect(context)).get<Comparison>(path)
      if (json) return terminal.out(JSON.stringify(found))
      const { title, unit, treated, control, againstControl, level, method } = found
      const told = ({ value }: Figure) => withUnit(value, unit)
      const cohorts = [{ name: shops.treated ?? 'every shop', ...treated }]
      if (control) cohorts.push({ name: shops.control!, ...control })
      printList(terminal, cohorts, {
        columns: {
          [title]: ({ name }) => name,
          shops: (cohort) => cohort.shops,
          before: ({ before }) => told(before),
          after: ({ after }) => told(after),
          [`change (${100 * level} %)`]: (cohort) => intervalText(cohort.change, unit),
        },
        none: '',
      })
      if (control) terminal.out(`against the control: ${intervalText(againstControl, unit) ?? 'nothing to compare'}`)
      terminal.out(method)
    })
}

/** `-20.0 % (-44.8 % to 4.8 %)`. */
function intervalText(interval: Interval | null, unit: string): string | null {
  if (interval === null) return null
  const { estimate, low, high } = interval
  const bounds = low === null ? 'one shop alone tells no more' : `${withUnit(low, unit)} to ${withUnit(high, unit)}`
  return `${withUnit(estimate, unit)} (${bounds})`
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
