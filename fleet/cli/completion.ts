import type { Command } from 'commander'
import type { CliContext } from './context.ts'
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
export function addCompletionCommand(program: Command, { terminal }: CliContext): void {
  program
    .command('completion')
    .description('Print a script that completes this command line')
    .argument('<shell>', Object.keys(SCRIPTS).join(', '))
    .addHelpText(
      'after',
      '\nbash: source <(storecast completion bash)\nzsh:  source <(storecast completion zsh)\nfish: storecast completion fish | source',
    )
    .action((shell: string) => {
      const script = SCRIPTS[shell]
      if (!script)
        throw new UsageError(`no completion for "${shell}"; there is one for ${Object.keys(SCRIPTS).join(', ')}`)
      terminal.out(script)
    })
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action((words: string[]) => {
      for (const { word, description } of candidates(program, words)) terminal.out(`${word}\t${description}`)
    })
}

interface Candidate {
  readonly word: string
  readonly description: string
}

/** What may stand in the place of the last word. */
export function candidates(program: Command, words: readonly string[]): Candidate[] {
  let command = program
  let takesValue = false
  for (const word of words.slice(0, -1)) {
    if (takesValue) takesValue = false
    else if (word.startsWith('-'))
      takesValue = command.options.some(({ long, short, required }) => required && (word === long || word === short))
    else command = command.commands.find((one) => one.name() === word) ?? command
  }
  if (takesValue) return []
  const last = words.at(-1) ?? ''
  const help = command.createHelp()
  const all = last.startsWith('-')
    ? help.visibleOptions(command).map((one) => ({ word: one.long ?? one.short ?? '', description: one.description }))
    : help.visibleCommands(command).map((one) => ({ word: one.name(), description: one.description() }))
  return all.filter(({ word }) => word.startsWith(last) && word !== 'help')
}
