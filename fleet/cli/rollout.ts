import { setTimeout as sleep } from 'node:timers/promises'
import { RolloutDocument } from '@storecast/shared/contracts'
import type { Command } from 'commander'
import { type CloudClient, listAll } from '../client/client.ts'
import { readDocument } from '../documents/read-document.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { instant, printFacts, printList } from './output.ts'

interface Rollout {
  readonly id: string
  readonly name: string
  readonly model: string
  readonly version: number
  readonly state: string
  readonly reason: string | null
  readonly step: number
  readonly document: { readonly spec: { readonly steps: readonly Readonly<Record<string, unknown>>[] } }
  readonly counts: Readonly<Record<string, number>>
  readonly analysis: { readonly analysis: { readonly verdict: string; readonly reason: string } } | null
  readonly createdAt: number
}

/** Real milliseconds between two looks. */
const LOOK = 1000
const GOES_ON = ['running', 'aborting', 'undoing']
const VERBS = {
  pause: 'Tell no more devices until it is resumed',
  resume: 'Go on after a pause, and with the failures that there are',
  abort: 'Take every device back to what it had',
  retry: 'Have the devices that failed, rolled back or are silent try again',
  undo: 'Take every device of a rollout that is over back to what it had',
}

/** `storecast rollout …`. */
export function addRolloutCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const rollout = program.command('rollout').description('Roll model versions out in steps, on evidence')
  const json = ['--json', 'print JSON'] as const
  const show = (found: Rollout, asJson?: boolean) =>
    asJson ? terminal.out(JSON.stringify(found)) : printFacts(terminal, facts(found))
  rollout
    .command('start')
    .description('Start the rollout that a file describes')
    .requiredOption('-f, --file <file>', 'a YAML file of kind Rollout, for example fleet/rollouts/demand.yaml')
    .option(...json)
    .action(async ({ file, json }: { file: string; json?: boolean }) => {
      const document = await readDocument(file, RolloutDocument)
      show(await (await connect(context)).post<Rollout>('/v1/rollouts', document), json)
    })
  rollout
    .command('list')
    .description('List rollouts, newest first')
    .option(...json)
    .action(async ({ json }: { json?: boolean }) => {
      printList(terminal, await listAll<Rollout>(await connect(context), '/v1/rollouts'), {
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
      })
    })
  rollout
    .command('status')
    .description('Show a rollout: its step, its devices, what the evidence says; ends with 1 where it has failed')
    .argument('<rollout>', 'its name or number')
    .option('-w, --watch', 'follow it until it ends or waits for a person')
    .option(...json)
    .action(async (which: string, { watch, json }: { watch?: boolean; json?: boolean }) => {
      const cloud = await connect(context)
      const found = watch ? await follow(cloud, which, context) : await cloud.get<Rollout>(pathOf(which))
      show(found, json)
      if (['failed', 'aborted'].includes(found.state) || (watch && found.state === 'paused')) {
        throw new Error(`rollout ${found.name} is ${found.state}: ${found.reason ?? ''}`)
      }
    })
  for (const [verb, description] of Object.entries(VERBS)) {
    rollout
      .command(verb)
      .description(description)
      .argument('<rollout>', 'its name or number')
      .option(...json)
      .action(async (which: string, { json }: { json?: boolean }) =>
        show(await (await connect(context)).post<Rollout>(`${pathOf(which)}/${verb}`), json),
      )
  }
  rollout
    .command('promote')
    .description('Go on despite what holds it: a pause, an analysis, missing proof')
    .argument('<rollout>', 'its name or number')
    .option('--full', 'to every device at once, whatever the evidence says')
    .option(...json)
    .action(async (which: string, { full, json }: { full?: boolean; json?: boolean }) =>
      show(await (await connect(context)).post<Rollout>(`${pathOf(which)}/promote${full ? '-full' : ''}`), json),
    )
}

const pathOf = (which: string) => `/v1/rollouts/${encodeURIComponent(which)}`

async function follow(cloud: CloudClient, which: string, { terminal, signal }: CliContext): Promise<Rollout> {
  for (;;) {
    const found = await cloud.get<Rollout>(pathOf(which))
    if (!GOES_ON.includes(found.state)) return found
    const { succeeded = 0, told = 0, devices = 0 } = found.counts
    terminal.progress(
      `${found.name}: step ${found.step + 1}, ${succeeded} of ${told} told of ${devices}: ${found.reason ?? ''}`,
    )
    await sleep(LOOK, undefined, { signal })
  }
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
