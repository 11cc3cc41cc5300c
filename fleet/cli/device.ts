import type { Item } from '@storecast/shared/api'
import type { Command } from 'commander'
import { listSome } from '../client/client.ts'
import { confirm } from './confirm.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'
import { wholeNumber } from './options.ts'
import { instant, labelText, printFacts, printList } from './output.ts'
import { addSupportBundleCommand } from './support-bundle.ts'

type Device = Item<'/v1/devices'>
type DeviceEvent = Item<'/v1/devices/{device}/events'>
type Happening = Item<'/v1/fleet/happenings'>

interface ListOptions {
  readonly site?: string
  readonly selector?: string
  readonly group?: string
  readonly limit?: number
  readonly json?: boolean
}

type Backlog = Item<'/v1/backlogs'>

/** What of the device's records is where. */
function backlogFacts({ sequence, outstanding, waiting, lastCommitAt, gaps }: Backlog) {
  const lost = Object.entries(gaps).map(([cause, sequences]) => `${sequences} ${cause}`)
  return {
    sequence,
    'last commit': instant(lastCommitAt),
    'waiting there': waiting && `${waiting.records} records, told ${instant(waiting.toldAt)}`,
    'oldest waiting': waiting && waiting.records > 0 ? instant(waiting.since) : null,
    'on their way': outstanding,
    gaps: lost.length > 0 ? lost.join(', ') : 'none',
  }
}

/** What the device says of its clock. */
function clockFacts({ clock }: Device) {
  if (clock === null) return { clock: 'not told by its agent' }
  const off = `${(Math.abs(clock.ahead) / 1000).toFixed(1)} s ${clock.ahead < 0 ? 'behind' : 'ahead of'} the cloud's`
  return {
    clock: `${clock.trusted ? 'trusted' : 'not trusted'}, ${off}, give or take ${(clock.within / 1000).toFixed(1)} s`,
    'clock so since': instant(clock.since),
    'clock compared': instant(clock.checkedAt),
    ...(clock.madeUp && {
      'shop’s clock': `made up, ${clock.madeUp.speed} times as fast: ${instant(clock.madeUp.time)} when it was ${instant(clock.toldAt)}`,
    }),
  }
}

const state = ({ retiredAt, online }: Device) => (retiredAt !== null ? 'retired' : online ? 'online' : 'offline')

/** What a device's story is made of. */
const HAPPENING_KINDS = ['event', 'alert', 'task', 'rollout', 'device', 'connection', 'certificate', 'gap', 'support']

/** `storecast device …`. */
export function addDeviceCommands(program: Command, context: CliContext): Command {
  const { terminal } = context
  const device = program.command('device').description('Look at devices, and take them out of service')
  device
    .command('list')
    .description('List devices')
    .option('--site <site>', 'only those of one site')
    .option('-l, --selector <labels>', 'only those with such labels, own or of the site: region=eu,tier!=museum,!pilot')
    .option('-g, --group <group>', 'only those in a group')
    .option('-n, --limit <devices>', 'how many at most; all of them without it', wholeNumber)
    .option('--json', 'print one JSON array')
    .addHelpText(
      'after',
      `
A selector's terms must all hold: label=value, label!=value, label in (a,b), label notin (a,b), label, !label.`,
    )
    .action(async ({ site, selector, group, limit, json }: ListOptions) => {
      const devices = await listSome<Device>(await connect(context), '/v1/devices', { site, selector, group }, limit)
      printList(terminal, devices, {
        json,
        columns: {
          device: (one) => one.id,
          site: (one) => one.site,
          state,
          'last seen': (one) => instant(one.lastSeen),
          labels: (one) => labelText(one.labels),
        },
        none: 'no device fits',
      })
    })
  device
    .command('show')
    .description('Show a device and what it should run')
    .argument('<device>')
    .option('--json', 'print one JSON object')
    .action(async (id: string, { json }: { json?: boolean }) => {
      const cloud = await connect(context)
      const path = `/v1/devices/${encodeURIComponent(id)}`
      const found = await cloud.get<Device>(path)
      const desired = await cloud.get<{ generation: number; models: Record<string, { version: number }> }>(
        `${path}/desired`,
      )
      const { items } = await cloud.get<{ items: readonly Backlog[] }>(`/v1/backlogs?device=${encodeURIComponent(id)}`)
      const [backlog] = items
      if (json) return terminal.out(JSON.stringify({ ...found, desired, backlog: backlog ?? null }))
      printFacts(terminal, {
        device: found.id,
        site: found.site,
        state: state(found),
        labels: labelText(found.labels),
        enrolled: instant(found.enrolledAt),
        'last seen': instant(found.lastSeen),
        generation: desired.generation,
        models: Object.entries(desired.models)
          .map(([name, { version }]) => `${name} ${version}`)
          .join(', '),
        ...(backlog && backlogFacts(backlog)),
        ...clockFacts(found),
      })
    })
  device
    .command('label')
    .description('Set or take away labels of a device; those of its site are not touched')
    .argument('<device>')
    .argument('<label...>', 'name=value sets, name- takes away')
    .option('--dry-run', 'only say what the labels would be')
    .option('--json', 'print the device as one JSON object')
    .action(async (id: string, words: readonly string[], { dryRun, json }: { dryRun?: boolean; json?: boolean }) => {
      const cloud = await connect(context)
      const path = `/v1/devices/${encodeURIComponent(id)}`
      const found = await cloud.get<Device>(path)
      const labels = relabelled(found.labels, words)
      const changed = dryRun ? { ...found, labels } : await cloud.put<Device>(`${path}/labels`, labels)
      if (json) terminal.out(JSON.stringify(changed))
      else terminal.out(labelText(changed.labels))
      if (dryRun) terminal.err('nothing was done')
    })
  device
    .command('logs')
    .description('Show what a device told of itself: warnings and errors of its log, failures, what it gave up')
    .argument('<device>')
    .option('-n, --limit <events>', 'how many, the newest', wholeNumber, 50)
    .option('--json', 'print one JSON array, the newest first')
    .addHelpText(
      'after',
      '\nEach complaint of its log comes once an hour. All of the newest lines are in "storecast device support-bundle".',
    )
    .action(async (id: string, { limit, json }: { limit: number; json?: boolean }) => {
      const path = `/v1/devices/${encodeURIComponent(id)}/events`
      const events = await listSome<DeviceEvent>(await connect(context), path, {}, limit)
      printList(terminal, json ? events : events.toReversed(), {
        json,
        columns: {
          time: (one) => instant(one.at),
          severity: (one) => one.severity,
          code: (one) => one.code,
          message: (one) => one.message,
          trace: (one) => (typeof one.detail.trace === 'string' ? one.detail.trace : undefined),
        },
        none: `device ${id} has told nothing`,
      })
    })
  device
    .command('timeline')
    .description(
      'Tell all that concerns a device as one story: events, alerts, tasks, rollouts, connection, certificates, people',
    )
    .argument('<device>')
    .option('-k, --kind <kinds>', `only such, commas between: ${HAPPENING_KINDS.join(', ')}`)
    .option('-n, --limit <happenings>', 'how many, the newest', wholeNumber, 50)
    .option('--json', 'print one JSON array, the newest first')
    .addHelpText(
      'after',
      '\nWho did something is in the audit log, and is told to those who may read that.\nTimes are those of the clock that wrote them: events are timed by the device.',
    )
    .action(async (id: string, { kind, limit, json }: { kind?: string; limit: number; json?: boolean }) => {
      const cloud = await connect(context)
      // One that is not there has no story, and is no mistake of the list's.
      await cloud.get<Device>(`/v1/devices/${encodeURIComponent(id)}`)
      const happened = await listSome<Happening>(cloud, '/v1/fleet/happenings', { device: id, kind }, limit)
      printList(terminal, json ? happened : happened.toReversed(), {
        json,
        columns: {
          time: (one) => instant(one.at),
          kind: (one) => one.kind,
          what: (one) => one.what,
          of: (one) => (one.name === id || one.name === one.what ? undefined : one.name),
          severity: (one) => one.severity ?? undefined,
          detail: (one) => one.detail,
          by: (one) => one.who ?? undefined,
        },
        none: `nothing${kind === undefined ? '' : ' of that'} is known of device ${id}`,
      })
    })
  addSupportBundleCommand(device, context)
  device
    .command('revoke')
    .description('Revoke a device’s certificates and end its session; a claim that names it enrols it again')
    .argument('<device>')
    .option('--yes', 'do not ask')
    .option('--json', 'print the device as one JSON object')
    .action(async (id: string, { yes, json }: { yes?: boolean; json?: boolean }) => {
      const cloud = await connect(context)
      const path = `/v1/devices/${encodeURIComponent(id)}`
      const { site } = await cloud.get<Device>(path)
      const warning = `Device ${id} of site ${site} will be disconnected, and needs a new claim to come back.`
      await confirm(context, { warning, name: id, yes })
      const revoked = await cloud.post<Device>(`${path}/revoke`)
      if (json) terminal.out(JSON.stringify(revoked))
      terminal.err(`device ${id} is revoked; "storecast enroll create --site ${site} --device ${id}" lets it come back`)
    })
  device
    .command('retire')
    .description('Take a device out of service for good; what it sent is kept')
    .argument('<device>')
    .option('--yes', 'do not ask')
    .option('--json', 'print the device as one JSON object')
    .action(async (id: string, { yes, json }: { yes?: boolean; json?: boolean }) => {
      const cloud = await connect(context)
      const path = `/v1/devices/${encodeURIComponent(id)}`
      const { site } = await cloud.get<Device>(path)
      const warning = `Device ${id} of site ${site} will be disconnected, and cannot come back under this name.`
      await confirm(context, { warning, name: id, yes })
      const retired = await cloud.delete<Device>(path)
      if (json) terminal.out(JSON.stringify(retired))
      terminal.err(`device ${id} is out of service`)
    })
  return device
}

/** The labels after `tier=gold` (set) and `pilot-` (taken away). @throws UsageError */
function relabelled(labels: Device['labels'], words: readonly string[]): Record<string, string> {
  const next: Record<string, string> = { ...labels }
  for (const word of words) {
    const [, name, value] = /^([^=]+)=(.*)$/.exec(word) ?? []
    if (name) next[name] = value!
    else if (word.endsWith('-') && word.length > 1) delete next[word.slice(0, -1)]
    else throw new UsageError(`"${word}": write name=value to set a label, name- to take it away`)
  }
  return next
}
