import { type Command, InvalidArgumentError } from 'commander'
import { applyChange, planApply } from '../code/apply.ts'
import { readDocuments } from '../code/documents.ts'
import { type Change, differences } from '../code/plan.ts'
import { confirm } from './confirm.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { DifferencesError } from './errors.ts'
import { printList } from './output.ts'

interface FilesOptions {
  readonly file: string
  readonly set: string
  readonly prune?: boolean
  readonly force?: boolean
  readonly json?: boolean
}

/** `storecast apply` and `storecast diff`: the fleet as the files say. */
export function addApplyCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  withFiles(program.command('apply'))
    .description('Make the cloud as the files say: three-way, so that what was changed beside them is not lost')
    .option('--dry-run', 'only say what would be done')
    .option('--yes', 'do not ask before anything is removed')
    .addHelpText(
      'after',
      `
A rollout's file starts it, once; while it says "suspend: true" it is left alone.`,
    )
    .action(async ({ dryRun, yes, json, ...options }: FilesOptions & { dryRun?: boolean; yes?: boolean }) => {
      const due = await plan(context, options)
      if (json || due.length > 0) print(context, due, json)
      requireNoConflict(due)
      if (dryRun) return terminal.err(`${count(due, 'change')}; nothing was done`)
      await confirmRemovals(context, due, { set: options.set, yes })
      const cloud = await connect(context)
      for (const [n, change] of due.entries()) {
        terminal.progress(`${n + 1} of ${due.length}: ${change.action} ${change.kind} ${change.name}`)
        await applyChange(cloud, options.set, change)
      }
      return terminal.err(due.length === 0 ? 'the cloud is as the files say' : `${count(due, 'change')} made`)
    })
  withFiles(program.command('diff'))
    .description('Show what apply would change; like diff it ends with 0 for nothing, 1 for differences, 2 for trouble')
    .action(async ({ json, ...options }: FilesOptions) => {
      const changes = await plan(context, options)
      if (json) print(context, changes, json)
      else {
        for (const { action, kind, name, why, live, wanted } of changes) {
          terminal.out(`${action} ${kind} ${name} (${why})`)
          if (action === 'remember' || action === 'forget') continue
          for (const line of differences(live, wanted)) terminal.out(`  ${line}`)
        }
      }
      if (changes.length > 0) throw new DifferencesError(`${count(changes, 'document')} to change`)
      terminal.err('the cloud is as the files say')
    })
}

const count = (many: readonly unknown[], one: string) => `${many.length} ${one}${many.length === 1 ? '' : 's'}`

const withFiles = (command: Command) =>
  command
    .requiredOption('-f, --file <path>', 'a file, or a folder with YAML files in it and below')
    .option('--set <name>', 'names these files among others that are applied to the same cloud', setName, 'fleet')
    .option('--prune', 'remove what these files made once and hold no longer')
    .option('--force', 'let the files win over what was made or changed beside them')
    .option('--json', 'print the changes as one JSON array')

function setName(text: string): string {
  if (/^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/.test(text)) return text
  throw new InvalidArgumentError('lower-case letters, digits, "-" and "_"')
}

async function plan(context: CliContext, options: FilesOptions): Promise<Change[]> {
  const { file, set, prune = false, force = false } = options
  const documents = await readDocuments(file)
  if (documents.length === 0) context.terminal.err(`${file} holds no document with apiVersion storecast/v1`)
  const changes = await planApply(await connect(context), { documents, set, prune, force })
  for (const { kind, name, held } of changes) if (held) context.terminal.err(`${kind} ${name} is ${held}`)
  return changes.filter(({ action }) => action !== 'keep')
}

/** Asks once for all of them, by the name of the set that owns them. */
async function confirmRemovals(
  context: CliContext,
  changes: readonly Change[],
  { set, yes }: { readonly set: string; readonly yes?: boolean | undefined },
): Promise<void> {
  const gone = changes.filter(({ action }) => action === 'remove').map(({ kind, name }) => `${kind} ${name}`)
  if (gone.length === 0) return
  await confirm(context, { warning: `${gone.join(', ')} will be removed from the cloud.`, name: set, yes })
}

function print({ terminal }: CliContext, changes: readonly Change[], json?: boolean): void {
  const said = changes.map(({ action, kind, name, why, live, wanted }) => ({
    ...{ action, kind, name, why },
    differences: action === 'remember' || action === 'forget' ? [] : differences(live, wanted),
  }))
  printList(terminal, said, {
    json,
    columns: { action: (one) => one.action, kind: (one) => one.kind, name: (one) => one.name, why: (one) => one.why },
    none: 'the cloud is as the files say',
  })
}

function requireNoConflict(changes: readonly Change[]): void {
  const conflicts = changes.filter(({ action }) => action === 'conflict')
  if (conflicts.length === 0) return
  const names = conflicts.map(({ kind, name, why }) => `${kind} ${name} ${why}`)
  throw new Error(`nothing was done: ${names.join('; ')}`)
}
