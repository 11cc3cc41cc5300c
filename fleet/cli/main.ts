#!/usr/bin/env node
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { processTerminal } from '../terminal/terminal.ts'
import { runCli } from './program.ts'

// The first Ctrl-C asks the command to end; the second one does not ask.
const abort = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => abort.abort(new Error(`stopped by ${name}`)))
}

// Whoever reads, as `head` does, has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: processTerminal(),
  signal: abort.signal,
  env: process.env,
  ...(process.stdin.isTTY && {
    ask: (question: string) => ask(question, abort.signal),
    askSecret: (question: string) => askSecret(question, abort.signal),
  }),
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

async function askSecret(question: string, signal: AbortSignal): Promise<string> {
  // Where there is a terminal, readline echoes what is typed to its output.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  process.stderr.write(question)
  try {
    return await lines.question('', { signal })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
