#!/usr/bin/env node
import { processTerminal } from '../terminal/terminal.ts'
import { runCli } from './program.ts'

// The first Ctrl-C asks the command to end; the second one does not ask.
const abort = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => abort.abort(new Error(`stopped by ${name}`)))
}
process.exitCode = await runCli(process.argv.slice(2), { terminal: processTerminal(), signal: abort.signal })
