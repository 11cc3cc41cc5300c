import { runCli } from '../cli/program.ts'

export interface Typed {
  readonly env?: Record<string, string>
  readonly input?: string
  /** What a person at the terminal answers; absent: nobody is there. */
  readonly answer?: string
  /** The same where what is typed is not seen. */
  readonly secret?: string
}

/** The command line as a user types it, with a configuration folder of its own. */
export const typist =
  (configFolder: string) =>
  async (argv: readonly string[], { env = {}, input = '', answer, secret }: Typed = {}) => {
    const said = { out: '', err: '' }
    const status = await runCli(argv, {
      terminal: {
        out: (text) => {
          said.out += `${text}\n`
        },
        err: (text) => {
          said.err += `${text}\n`
        },
        progress: () => {},
      },
      signal: new AbortController().signal,
      env: { XDG_CONFIG_HOME: configFolder, ...env },
      readInput: async () => input,
      ...(answer !== undefined && { ask: async () => answer }),
      ...(secret !== undefined && { askSecret: async () => secret }),
    })
    return { status, ...said }
  }
