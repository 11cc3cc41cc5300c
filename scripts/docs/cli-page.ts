import { buildProgram, EXAMPLES, verbsOf } from '@storecast/fleet/cli'
import { anchorOf, code, page, sentence, table } from './markdown.ts'

/** The program is built to be asked what it can do; nothing is run. */
function program() {
  const nobody = async () => ''
  return buildProgram({
    terminal: { out() {}, err() {}, progress() {} },
    signal: new AbortController().signal,
    env: {},
    readInput: nobody,
  })
}

type Verb = ReturnType<typeof verbsOf>[number]
type Option = Verb[1]['options'][number]

export function cliPage(): string {
  const whole = program()
  const verbs = verbsOf(whole)
  const groups = Map.groupBy(verbs, ([verb]) => verb.split(' ')[0]!)
  const describe = (name: string) => whole.commands.find((command) => command.name() === name)?.description() ?? ''
  return page(
    '# The `storecast` command',
    `${sentence(whole.description())} Every verb takes \`--help\`. Data is printed on stdout and words on stderr. Exit statuses: 0 done, 1 failed, 2 cancelled, 4 not logged in; \`diff\` ends as diff does: 1 for differences, 2 for trouble.`,
    table(
      ['verb', 'does'],
      verbs.map(([verb, command]) => [
        `[${code(verb)}](#${anchorOf(headingOf(verb))})`,
        sentence(command.description()),
      ]),
    ),
    ...[...groups].flatMap(([group, members]) => {
      const isGroup = members.length > 1 || members[0]![0] !== group
      const head = isGroup ? [`## ${group}`, sentence(describe(group))] : []
      return [...head, ...members.map((verb) => verbText(verb, isGroup ? 3 : 2))]
    }),
  )
}

const headingOf = (verb: string) => `storecast ${verb}`

/** Choices and defaults as people write them. */
function optionText({ description, argChoices = [], defaultValue }: Option): string {
  const choices = argChoices.some((choice) => !description.includes(choice))
    ? `; one of ${argChoices.map(code).join(', ')}`
    : ''
  const isTold = defaultValue !== undefined && defaultValue !== false && String(defaultValue) !== ''
  return description + choices + (isTold ? `; default: ${code(String(defaultValue))}` : '')
}

function verbText([verb, command]: Verb, level: number): string {
  const help = command.createHelp()
  const rows = [
    ...help
      .visibleArguments(command)
      .map((argument) => [code(help.argumentTerm(argument)), sentence(help.argumentDescription(argument))]),
    ...help
      .visibleOptions(command)
      .filter((option) => option.long !== '--help')
      .map((option) => [code(help.optionTerm(option)), sentence(optionText(option))]),
  ]
  const examples = EXAMPLES[verb] ?? []
  return page(
    `${'#'.repeat(level)} ${headingOf(verb)}`,
    sentence(command.description()),
    code(help.commandUsage(command)),
    rows.length > 0 ? table(['argument or option', 'what'], rows) : '',
    examples.length > 0 ? `\`\`\`sh\n${examples.join('\n')}\n\`\`\`` : '',
  ).trim()
}
