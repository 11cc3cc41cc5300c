import { setTimeout as sleep } from 'node:timers/promises'
import type { Got, Item } from '@storecast/shared/api'
import type { Command } from 'commander'
import { type CloudClient, listAll } from '../client/client.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { moment } from './options.ts'
import { instant, printList } from './output.ts'

type Drift = Item<'/v1/drift'>
type Performance = Item<'/v1/performance'>
type MonitoringRun = Got<'/v1/monitoring-runs/{run}'>

interface Filter {
  readonly device?: string
  readonly label?: string
  readonly fleet?: boolean
  readonly model?: string
  readonly run?: string
  readonly json?: boolean
}

/** Real milliseconds between two looks at a run. */
const LOOK = 500

/** `storecast drift …`. */
export function addDriftCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const drift = program.command('drift').description('See whose data has drifted, and how forecasts do')
  about(drift.command('list').description('List what has drifted in the newest run'))
    .option('--verdict <verdict>', 'drift, minor, stable or insufficient', 'drift')
    .option('--all', 'whatever the verdict')
    .action(async ({ verdict, all, json, ...filter }: Filter & { verdict: string; all?: boolean }) => {
      const query = { ...queryOf(filter), ...(!all && { verdict }) }
      printDrift(context, await listAll<Drift>(await connect(context), '/v1/drift', query), json)
    })
  about(
    drift
      .command('show')
      .description('Show one column over time, newest first: every run’s figures')
      .argument('<column>', 'a feature, "target", or a sensor'),
  ).action(async (column: string, { json, ...filter }: Filter) => {
    const query = { run: 'all', scope: 'fleet', ...queryOf(filter), column }
    printDrift(context, await listAll<Drift>(await connect(context), '/v1/drift', query), json)
  })
  about(
    drift.command('performance').description('List how forecasts do, against validation and the seasonal naive'),
  ).action(async ({ json, ...filter }: Filter) => {
    const query = { scope: 'fleet', ...queryOf(filter), ...(json && { days: 'true' }) }
    printList(terminal, await listAll<Performance>(await connect(context), '/v1/performance', query), {
      json,
      columns: {
        of: aboutText,
        model: (one) => `${one.model}/${one.version} ${one.horizon}`,
        rows: (one) => one.rows,
        mae: ({ scores }) => figure(scores.mae),
        rmse: ({ scores }) => figure(scores.rmse),
        wape: ({ scores }) => figure(scores.wape),
        validation: ({ validation }) => figure(validation?.wape),
        baseline: ({ scores }) => figure(scores.baselineWape),
        bias: ({ scores }) => figure(scores.bias),
        coverage: ({ scores }) => figure(scores.coverage),
        verdict: (one) => one.verdict,
        reason: (one) => one.reason,
      },
      none: 'no forecast was scored yet',
    })
  })
  drift
    .command('run')
    .description('Look for drift now, and wait for what comes of it')
    .option('--until <time>', 'only at what had closed by then: 2026-03-29T00:00:00Z', moment)
    .option('--json', 'print JSON')
    .action(async ({ until, json }: { until?: number; json?: boolean }) => {
      const cloud = await connect(context)
      const begun = await cloud.post<MonitoringRun>('/v1/monitoring-runs', until === undefined ? {} : { until })
      const run = await ended(cloud, begun, context)
      if (json) terminal.out(JSON.stringify(run))
      else printDrift(context, await listAll<Drift>(cloud, '/v1/drift', { run: run.id, verdict: 'drift' }), false)
    })
}

const about = (command: Command): Command =>
  command
    .option('--device <device>', 'of one device')
    .option('--label <name=value>', 'of the devices with a label: region=north')
    .option('--fleet', 'of the fleet as a whole')
    .option('--model <model>', 'of one model')
    .option('--run <run>', 'of an earlier run: its number, or "all"')
    .option('--json', 'print one JSON array')

function queryOf({ device, label, fleet, model, run }: Filter): Record<string, string> {
  const at = label?.indexOf('=') ?? -1
  return {
    ...(device !== undefined && { scope: 'device', name: device }),
    ...(label !== undefined && {
      scope: label.slice(0, at < 0 ? undefined : at),
      ...(at > 0 && { name: label.slice(at + 1) }),
    }),
    ...(fleet && { scope: 'fleet' }),
    ...(model !== undefined && { model }),
    ...(run !== undefined && { run }),
  }
}

async function ended(cloud: CloudClient, run: MonitoringRun, { signal }: CliContext): Promise<MonitoringRun> {
  let now = run
  while (now.state === 'queued' || now.state === 'running') {
    await sleep(LOOK, undefined, { signal })
    now = await cloud.get<MonitoringRun>(`/v1/monitoring-runs/${run.id}`)
  }
  if (now.state === 'succeeded') return now
  throw new Error(`monitoring run ${now.id} failed: ${now.error?.message}`)
}

function printDrift({ terminal }: CliContext, items: readonly Drift[], json: boolean | undefined): void {
  const statistic = (one: Drift, name: 'psi' | 'ks' | 'wasserstein') => {
    const found = one.statistics?.[name]
    return found && `${figure(found.value)} (${figure(found.threshold)})`
  }
  printList(terminal, items, {
    json,
    columns: {
      run: (one) => one.run,
      until: (one) => instant(one.to),
      of: aboutText,
      column: (one) => (one.kind === 'sensor' ? one.column : `${one.model}/${one.version} ${one.column}`),
      devices: (one) => one.devices,
      n: (one) => `${one.rows} (${Math.floor(one.effective)})`,
      psi: (one) => statistic(one, 'psi'),
      before: (one) => figure(one.previousPsi),
      ks: (one) => statistic(one, 'ks'),
      wasserstein: (one) => statistic(one, 'wasserstein'),
      q: (one) => (one.q === null ? null : one.q.toPrecision(2)),
      verdict: (one) => one.verdict,
      reason: (one) => one.reason,
    },
    none: 'nothing of that kind in this run',
  })
}

const aboutText = ({ scope, name }: { readonly scope: string; readonly name: string }) =>
  scope === 'fleet' ? 'the fleet' : scope === 'device' ? name : `${scope}=${name}`
const figure = (value: number | null | undefined) => (value == null ? null : value.toFixed(3))
