#!/usr/bin/env node
import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import { processTerminal } from '../terminal/terminal.ts'
import { runCli } from './program.ts'

// The first Ctrl-C asks the command to end; the second one does not ask.
const abort = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => abort.abort(new Error(`stopped by ${name}`)))
}

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: processTerminal(),
  signal: abort.signal,
  env: process.env,
  ...(process.stdin.isTTY && { ask: (question: string) => ask(question, abort.signal) }),
  readInput: () => text(process.stdin),
})

async function ask(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question, { signal })
  } finally {
    lines.close()
  }
}
