import { setTimeout as sleep } from 'node:timers/promises'
import type { Command, Option } from 'commander'
import type { CliContext } from './context.ts'
import { connect } from './credentials.ts'
import { UsageError } from './errors.ts'

/** Each asks the program itself what may come next: it never knows other commands than the program has. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_storecast() {
  COMPREPLY=()
  local line
  while IFS= read -r line; do COMPREPLY+=("\${line%%$'\\t'*}"); done < <(
    storecast __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _storecast storecast`,
  zsh: `#compdef storecast
_storecast() {
  local -a found
  found=("\${(@f)$(storecast __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  if (( \${#found} )); then
    found=("\${(@)found//$'\\t'/:}")
    _describe storecast found
  else
    _files
  fi
}
(( $+functions[compdef] )) && compdef _storecast storecast`,
  fish: `complete -c storecast -e
complete -c storecast -a '(storecast __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
}

/** `storecast completion <shell>`, and what its scripts ask. */
export function addCompletionCommand(program: Command, context: CliContext): void {
  const { terminal } = context
  program
    .command('completion')
    .description('Print a script that completes this command line')
    .argument('<shell>', Object.keys(SCRIPTS).join(', '))
    .action((shell: string) => {
      const script = SCRIPTS[shell]
      if (!script)
        throw new UsageError(`no completion for "${shell}"; there is one for ${Object.keys(SCRIPTS).join(', ')}`)
      terminal.out(script)
    })
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { found, wanted } = candidates(program, words)
      for (const { word, description } of found) terminal.out(`${word}\t${description}`)
      const last = words.at(-1) ?? ''
      for (const name of wanted ? await names(context, wanted, last) : []) terminal.out(`${name}\t${wanted}`)
    })
}

/**
 * By the name of an argument or option: the list that has what it names, and how one asks it for names that begin in a way: a
 * list in the order of names for the page behind what comes right before, another by its text.
 */
const LISTS: Readonly<
  Record<string, { readonly path: string; readonly key: 'id' | 'name' | 'metadata'; readonly by?: 'cursor' | 'q' }>
> = {
  device: { path: '/v1/devices', key: 'id', by: 'q' },
  site: { path: '/v1/sites', key: 'id', by: 'cursor' },
  model: { path: '/v1/models', key: 'name', by: 'cursor' },
  group: { path: '/v1/groups', key: 'metadata', by: 'cursor' },
  rollout: { path: '/v1/rollouts', key: 'name' },
  dataset: { path: '/v1/datasets', key: 'metadata', by: 'cursor' },
  sensor: { path: '/v1/sensors', key: 'name', by: 'cursor' },
  policy: { path: '/v1/policies', key: 'metadata', by: 'cursor' },
}
const MOST_NAMES = 50
/** A shell waits for this. */
const PATIENCE_MS = 2_000

interface Named {
  readonly id?: string
  readonly name?: string
  readonly metadata?: { readonly name: string }
}

/** Names that begin so, as far as one page of the list has them; none where the cloud cannot be asked. */
async function names(context: CliContext, wanted: string, prefix: string): Promise<readonly string[]> {
  const { path, key, by } = LISTS[wanted]!
  // Names that begin so are on the page however long the list is.
  const begin = by && prefix.length > 1 ? { [by]: by === 'cursor' ? prefix.slice(0, -1) : prefix } : {}
  const query = new URLSearchParams({ limit: '500', ...begin })
  try {
    const quiet = { ...context, terminal: { ...context.terminal, err: () => undefined } }
    const cloud = await connect(quiet)
    const asked = cloud.get<{ items: readonly Named[] }>(`${path}?${query}`)
    const page = await Promise.race([asked, sleep(PATIENCE_MS, undefined, { ref: false })])
    const found = (page?.items ?? []).map((one) => (key === 'metadata' ? one.metadata?.name : one[key]))
    return [...new Set(found)].filter((name) => name?.startsWith(prefix)).slice(0, MOST_NAMES) as string[]
  } catch {
    // A shell's prompt is no place for errors: nothing is offered.
    return []
  }
}

interface Candidate {
  readonly word: string
  readonly description: string
}

interface Offer {
  readonly found: readonly Candidate[]
  /** What kind of name may stand there too. */
  readonly wanted?: string
}

/** What may stand in the place of the last word. */
function candidates(program: Command, words: readonly string[]): Offer {
  let command = program
  let takesValue: Option | undefined
  let place = 0
  for (const word of words.slice(0, -1)) {
    if (takesValue) takesValue = undefined
    else if (word.startsWith('-')) {
      takesValue = command.options.find(({ long, short, required }) => required && (word === long || word === short))
    } else {
      const next = command.commands.find((one) => one.name() === word)
      if (next) command = next
      else place++
    }
  }
  if (takesValue) return offer(takesValue.attributeName())
  const last = words.at(-1) ?? ''
  const help = command.createHelp()
  if (last.startsWith('-')) {
    const options = help.visibleOptions(command)
    return {
      found: starting(
        last,
        options.map((one) => ({ word: one.long ?? one.short ?? '', description: one.description })),
      ),
    }
  }
  const { registeredArguments } = command
  const argument = registeredArguments[place] ?? registeredArguments.findLast(({ variadic }) => variadic)
  const verbs = help.visibleCommands(command).filter((one) => one.name() !== 'help')
  const found = starting(
    last,
    verbs.map((one) => ({ word: one.name(), description: one.description() })),
  )
  return { ...(argument && offer(argument.name())), found }
}

const offer = (name: string): Offer => (Object.hasOwn(LISTS, name) ? { found: [], wanted: name } : { found: [] })

const starting = (prefix: string, all: readonly Candidate[]) => all.filter(({ word }) => word.startsWith(prefix))
