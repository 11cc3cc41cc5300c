import type { Posted } from '@storecast/shared/api'
import { POLICY_GATES, type Policy } from '@storecast/shared/contracts'
import { type Command, Option } from 'commander'
import { stringify } from 'yaml'
import { listAll } from '../client/client.ts'
import { type FleetDocument, readDocuments } from '../code/documents.ts'
import { type PolicyTest, runPolicyTest } from '../code/policy-test.ts'
import { confirm } from './confirm.ts'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'
import { printList } from './output.ts'

/** `storecast policy …`: what model versions have to meet. */
export function addPolicyCommands(program: Command, context: CliContext): void {
  const { terminal } = context
  const policy = program.command('policy').description('Look at the policies that versions have to meet, and test them')
  policy
    .command('list')
    .description('List the policies in force')
    .option('--json', 'print one JSON array')
    .action(async ({ json }: { json?: boolean }) => {
      printList(terminal, await listAll<Policy>(await connect(context), '/v1/policies'), {
        json,
        columns: {
          policy: ({ metadata }) => metadata.name,
          gates: ({ spec }) => spec.gates.join(', '),
          actions: ({ spec }) => spec.validationActions.join(', '),
          description: ({ metadata }) => metadata.description,
        },
        none: 'no policy is in force; "storecast apply -f fleet/policies" puts those that are shipped',
      })
    })
  policy
    .command('show')
    .description('Print a policy as YAML')
    .argument('<policy>')
    .option('--json', 'print it as one JSON object')
    .action(async (name: string, { json }: { json?: boolean }) => {
      const found = await (await connect(context)).get<Policy>(`/v1/policies/${encodeURIComponent(name)}`)
      terminal.out(json ? JSON.stringify(found) : stringify(found).trimEnd())
    })
  policy
    .command('delete')
    .description('Remove a policy: from now on nothing has to meet it')
    .argument('<policy>')
    .option('--yes', 'do not ask')
    .action(async (name: string, { yes }: { yes?: boolean }) => {
      const cloud = await connect(context)
      const path = `/v1/policies/${encodeURIComponent(name)}`
      const { spec } = await cloud.get<Policy>(path)
      const warning = `Policy ${name} (${spec.validationActions.join(', ')} at ${spec.gates.join(', ')}) will ask nothing any more.`
      await confirm(context, { warning, name, yes })
      await cloud.delete(path)
      terminal.err(`policy ${name} is removed`)
    })
  addTest(policy, context)
}

interface TestOptions {
  readonly file?: string
  readonly model?: string
  readonly gate: (typeof POLICY_GATES)[number]
  readonly devices: string
  readonly json?: boolean
}

type Decision = Posted<'/v1/policy-evaluations'>['decisions'][number]

function addTest(policy: Command, context: CliContext): void {
  policy
    .command('test')
    .description('Run the tests of policies, or ask the cloud for its verdict on a version; nothing is done')
    .option('-f, --file <path>', 'a file or folder with policies and their tests (kind: PolicyTest)')
    .option(
      '--model <uri>',
      "the cloud's verdict on models:/demand/3 or models:/demand@candidate, by the policies in force or those of -f",
    )
    .addOption(new Option('--gate <gate>', 'where it is asked').choices(POLICY_GATES).default('rollout'))
    .option('--devices <n>', 'how many devices the rollout would be of', '0')
    .option('--json', 'print one JSON array')
    .addHelpText('after', '\nIt ends with 1 where a test fails, or where a policy denies.')
    .action(async ({ file, model, ...options }: TestOptions) => {
      if (file === undefined && model === undefined)
        throw new UsageError('say what to test: -f <path>, --model <uri>, or both')
      const documents = file === undefined ? undefined : await readDocuments(file)
      if (model === undefined) runTests(context, documents!, options)
      else await askCloud(context, { ...options, model, documents })
    })
}

const ofKind = <T>(documents: readonly FleetDocument[], kind: string) =>
  documents.filter((one) => one.kind === kind).map((one) => one.document as T)

function runTests(
  { terminal }: CliContext,
  documents: readonly FleetDocument[],
  { json }: Pick<TestOptions, 'json'>,
): void {
  const policies = ofKind<Policy>(documents, 'Policy')
  const results = ofKind<PolicyTest>(documents, 'PolicyTest').flatMap((test) => runPolicyTest(test, policies))
  printList(terminal, results, {
    json,
    columns: {
      policy: (one) => one.policy,
      case: (one) => one.case,
      verdict: (one) => one.verdict,
      result: (one) => (one.failure === undefined ? 'pass' : 'FAIL'),
    },
    none: 'there is no PolicyTest in these files',
  })
  const failed = results.filter((one) => one.failure !== undefined)
  for (const one of failed) terminal.err(`${one.test}, "${one.case}": ${one.failure}`)
  if (failed.length > 0) throw new Error(`${failed.length} of ${results.length} cases fail`)
  if (results.length > 0) terminal.err(`${results.length} cases pass`)
}

interface Question extends Omit<TestOptions, 'file'> {
  readonly model: string
  readonly documents: readonly FleetDocument[] | undefined
}

async function askCloud(context: CliContext, { model, gate, devices, json, documents }: Question): Promise<void> {
  const count = Number(devices)
  if (!Number.isInteger(count) || count < 0) throw new UsageError(`--devices ${devices}: give a whole number from 0`)
  const cloud = await connect(context)
  const policies = documents && { policies: ofKind<Policy>(documents, 'Policy') }
  const { decisions } = await cloud.post<{ decisions: readonly Decision[] }>('/v1/policy-evaluations', {
    ...{ gate, model, devices: count },
    ...policies,
  })
  printList(context.terminal, decisions, {
    json,
    columns: {
      policy: (one) => one.policy,
      verdict: (one) => one.verdict,
      says: (one) => one.messages.join('; '),
    },
    none: `no policy is asked at "${gate}"`,
  })
  const denied = decisions.filter((one) => one.verdict === 'deny')
  if (denied.length > 0)
    throw new Error(`${model} is denied at "${gate}" by ${denied.map((one) => one.policy).join(', ')}`)
}
