import type { Got, Item, Posted } from '@storecast/shared/api'
import { RolloutDocument } from '@storecast/shared/contracts'
import { type Command, Option } from 'commander'
import { listAll } from '../client/client.ts'
import { readDocument } from '../documents/read-document.ts'
import { confirm } from './confirm.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { instant, printFacts, printList } from './output.ts'
import { devicesText, type Rollout, rolloutLines, stepText } from './rollout-view.ts'
import { follow, painter } from './rollout-watch.ts'

const JSON_OPTION = ['--json', 'print JSON'] as const
const DRY_RUN = ['--dry-run', 'say what it would do, and do nothing'] as const
const YES = ['--yes', 'do not ask'] as const
const WHICH = ['<rollout>', 'its name or number'] as const

const VERBS = {
  pause: 'Tell no more devices until it is resumed',
  resume: 'Go on after a pause, and with the failures that there are',
  abort: 'Take every device back to what it had',
  retry: 'Have the devices that failed, rolled back or are silent try again',
  undo: 'Take every device of a rollout that is over back to what it had',
} as const
/** What they do is much, and not to be had back with a word. */
const SEVERE: Readonly<Record<string, (name: string, devices: number) => string>> = {
  abort: (name, devices) =>
    `Rollout ${name} will be aborted: of ${devicesText(devices)}, each goes back to what it had.`,
  undo: (name, devices) => `Rollout ${name} will be undone: of ${devicesText(devices)}, each goes back to what it had.`,
  'promote-full': (name, devices) =>
    `Rollout ${name} will go to every device at once, whatever the evidence says: to ${devices} more.`,
}
/** As `member-state.ts` of the cloud has them. */
const STATES = [
  ...['pending', 'updating', 'succeeded', 'failed', 'rolled-back'],
  ...['silent', 'offline', 'reverting', 'reverted', 'excluded'],
]

type Named = Pick<StartPlan['cohorts'][number], 'devices' | 'first'>
type StartPlan = Posted<'/v1/rollouts/plan'>
type VerbPlan = Got<'/v1/rollouts/{rollout}/plan/{verb}'>
interface VerbOptions {
  readonly full?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** `storecast rollout …`. */
export function addRolloutCommands(program: Command, context: CliContext): void {
  const rollout = program.command('rollout').description('Roll model versions out in steps, on evidence')
  addStart(rollout, context)
  addViews(rollout, context)
  addVerbs(rollout, context)
}

function addStart(rollout: Command, context: CliContext): void {
  const { terminal } = context
  rollout
    .command('start')
    .description('Start the rollout that a file describes')
    .requiredOption('-f, --file <file>', 'a YAML file of kind Rollout, for example fleet/rollouts/demand.yaml')
    .option('--dry-run', 'show its devices and the cohort of each step, and start nothing')
    .option(...JSON_OPTION)
    .action(async ({ file, dryRun, json }: { file: string; dryRun?: boolean; json?: boolean }) => {
      const document = await readDocument(file, RolloutDocument)
      const cloud = await connect(context)
      if (!dryRun) {
        const started = await cloud.post<Rollout>('/v1/rollouts', document)
        show(context, started, json)
        if (!json) terminal.err(`"storecast rollout status ${started.name} --watch" follows it.`)
        return
      }
      const plan = await cloud.post<StartPlan>('/v1/rollouts/plan', document)
      if (json) {
        terminal.out(JSON.stringify(plan))
        return
      }
      terminal.err(
        `Rollout ${plan.name} would take ${plan.model}/${plan.version} to ${devicesText(plan.devices)}; nothing was started.`,
      )
      printList(terminal, plan.cohorts, {
        columns: {
          step: ({ step }) => stepText(document.spec.steps[step]! as Parameters<typeof stepText>[0]),
          devices: ({ devices }) => devices,
          'told by then': ({ told }) => told,
          first: firstText,
        },
        none: 'no step tells a device',
      })
      const had = plan.had.map(({ version, devices }) => `${devices} have ${version ?? 'none'}`)
      terminal.err(`Of ${plan.model}, ${had.join(', ')}.`)
    })
}

function addViews(rollout: Command, context: CliContext): void {
  const { terminal } = context
  rollout
    .command('list')
    .description('List rollouts, newest first')
    .option(...JSON_OPTION)
    .action(async ({ json }: { json?: boolean }) => {
      const query = json ? { document: 'true' } : {}
      printList(
        terminal,
        await listAll<Omit<Rollout, 'document' | 'cohorts'>>(await connect(context), '/v1/rollouts', query),
        {
          json,
          columns: {
            number: (one) => one.id,
            name: (one) => one.name,
            model: (one) => `${one.model}/${one.version}`,
            state: (one) => one.state,
            succeeded: (one) => one.counts.succeeded,
            devices: (one) => one.counts.devices,
            started: (one) => instant(one.createdAt),
          },
          none: 'no rollout yet',
        },
      )
    })
  rollout
    .command('status')
    .description('Show a rollout: its steps, its devices, what the evidence says; ends with 1 where it has failed')
    .argument(...WHICH)
    .option('-w, --watch', 'follow it until it ends or waits for a person')
    .option(...JSON_OPTION)
    .action(async (which: string, { watch, json }: { watch?: boolean; json?: boolean }) => {
      const cloud = await connect(context)
      const found = watch ? await follow(cloud, pathOf(which), context) : await cloud.get<Rollout>(pathOf(which))
      if (json || !watch || !terminal.frame) show(context, found, json)
      if (['failed', 'aborted'].includes(found.state) || (watch && found.state === 'paused')) {
        throw new Error(`rollout ${found.name} is ${found.state}: ${found.reason ?? ''}`)
      }
    })
  rollout
    .command('devices')
    .description('List the devices of a rollout, and where each of them is')
    .argument(...WHICH)
    .addOption(new Option('--state <state>', 'those in this state').choices(STATES))
    .option(...JSON_OPTION)
    .action(async (which: string, { state, json }: { state?: string; json?: boolean }) => {
      const query = state === undefined ? '' : `?state=${state}`
      printList(terminal, await listAll<Member>(await connect(context), `${pathOf(which)}/devices${query}`), {
        json,
        columns: {
          device: (one) => one.device,
          state: (one) => one.state,
          'had version': (one) => one.previousVersion,
          told: (one) => instant(one.toldAt),
          reason: (one) => one.reason,
        },
        none: 'no such device in it',
      })
    })
  rollout
    .command('queue')
    .description('List what was told to devices that are away, and until when it waits for them')
    .argument('[rollout]', 'of this one only: its name or number')
    .option('--device <device>', 'for this one only')
    .option(...JSON_OPTION)
    .action(async (which: string | undefined, { device, json }: { device?: string; json?: boolean }) => {
      const query = new URLSearchParams({ ...(which && { rollout: which }), ...(device && { device }) })
      printList(terminal, await listAll<Queued>(await connect(context), `/v1/queued-actions?${query}`), {
        json,
        columns: {
          device: (one) => one.device,
          rollout: (one) => one.rollout,
          action: ({ action, model, version }) =>
            `${action === 'serve' ? 'serve' : 'go back to'} ${version === null ? `no ${model}` : `${model}/${version}`}`,
          since: (one) => instant(one.since),
          'waits until': (one) => (one.expiresAt === null ? 'it is back' : instant(one.expiresAt)),
        },
        none: 'nothing waits for a device',
      })
    })
  rollout
    .command('history')
    .description('List what happened in a rollout, who decided it and why; newest first')
    .argument(...WHICH)
    .option(...JSON_OPTION)
    .action(async (which: string, { json }: { json?: boolean }) => {
      printList(terminal, await listAll<Happened>(await connect(context), `${pathOf(which)}/history`), {
        json,
        columns: {
          at: (one) => instant(one.at),
          who: (one) => one.who,
          what: (one) => one.what,
          reason: (one) => one.reason,
        },
        none: 'nothing yet',
      })
    })
}

function addVerbs(rollout: Command, context: CliContext): void {
  for (const [verb, description] of Object.entries(VERBS)) {
    const command = rollout
      .command(verb)
      .description(description)
      .argument(...WHICH)
      .option(...DRY_RUN)
    if (SEVERE[verb]) command.option(...YES)
    command
      .option(...JSON_OPTION)
      .action((which: string, options: VerbOptions) => act(context, { which, verb, options }))
  }
  rollout
    .command('promote')
    .description('Go on despite what holds it: a pause, an analysis, missing proof')
    .argument(...WHICH)
    .option('--full', 'to every device at once, whatever the evidence says')
    .option(...DRY_RUN)
    .option('--yes', 'do not ask before --full')
    .option(...JSON_OPTION)
    .action((which: string, options: VerbOptions) =>
      act(context, { which, verb: options.full ? 'promote-full' : 'promote', options }),
    )
}

type Member = Item<'/v1/rollouts/{rollout}/devices'>
type Queued = Item<'/v1/queued-actions'>
type Happened = Item<'/v1/rollouts/{rollout}/history'>

const pathOf = (which: string) => `/v1/rollouts/${encodeURIComponent(which)}`
const firstText = ({ devices, first }: Named) =>
  `${first.slice(0, 3).join(', ')}${devices > 3 ? `, … (${devices})` : ''}`

async function act(
  context: CliContext,
  { which, verb, options }: { which: string; verb: string; options: VerbOptions },
): Promise<void> {
  const { dryRun, yes, json } = options
  const cloud = await connect(context)
  const severe = SEVERE[verb]
  if (dryRun || (severe && !yes)) {
    const plan = await cloud.get<VerbPlan>(`${pathOf(which)}/plan/${verb}`)
    if (dryRun) return showPlan(context, plan, json)
    const current = await cloud.get<Rollout>(pathOf(which))
    const changing = plan.changes.reduce((sum, { devices }) => sum + devices, 0)
    const devices = verb === 'promote-full' ? current.counts.untold : changing
    if (severe) await confirm(context, { warning: severe(plan.name, devices), name: plan.name })
  }
  show(context, await cloud.post<Rollout>(`${pathOf(which)}/${verb}`), json)
}

const TO: Readonly<Record<string, string>> = {
  active: 'serve the version',
  back: 'go back to what they had',
  none: 'go on as they are, without the shadow',
  shadow: 'run the version in shadow',
  withdrawn: 'go on as they are',
}

function showPlan({ terminal }: CliContext, plan: VerbPlan, json?: boolean): void {
  if (json) {
    terminal.out(JSON.stringify(plan))
    return
  }
  if (plan.effect === null) {
    terminal.err(`Rollout ${plan.name}: nothing would change.`)
    return
  }
  terminal.err(`Rollout ${plan.name}: ${plan.effect}; its state would be "${plan.state}". Nothing was done.`)
  printList(terminal, plan.changes, {
    columns: {
      'devices told to': ({ to }) => TO[to] ?? to,
      devices: ({ devices }) => devices,
      first: firstText,
    },
    none: 'No device would be told anything at once.',
  })
}

function show({ terminal }: CliContext, found: Rollout, asJson?: boolean): void {
  if (asJson) terminal.out(JSON.stringify(found))
  else if (terminal.frame) for (const line of rolloutLines(found, painter(terminal))) terminal.out(line)
  else printFacts(terminal, facts(found))
}

function facts({ id, name, model, version, state, reason, step, document, counts, analysis }: Rollout) {
  const { steps } = document.spec
  const now = steps[step]
  const some = Object.entries(counts).filter(([, count]) => count > 0)
  return {
    rollout: `${name} (${id})`,
    version: `${model}/${version}`,
    state,
    reason,
    step: now ? `${step + 1} of ${steps.length}: ${JSON.stringify(now)}` : `all ${steps.length} done`,
    devices: some.map(([state, count]) => `${count} ${state}`).join(', '),
    evidence: analysis ? `${analysis.analysis.verdict}: ${analysis.analysis.reason}` : 'none yet',
  }
}
