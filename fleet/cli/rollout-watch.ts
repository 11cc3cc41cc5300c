import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import type { CloudClient } from '../client/client.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { CliContext } from './context.ts'
import { type Paint, type Rollout, rolloutLine, rolloutLines } from './rollout-view.ts'

/** Real milliseconds between two looks. */
const LOOK = 1000
const GOES_ON = ['running', 'aborting', 'undoing']

export const painter = ({ isColoured }: Terminal): Paint =>
  isColoured ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text

/**
 * Follows a rollout until it is over or waits for a person: drawn on a terminal, elsewhere a line for every change.
 * @param path of the rollout in the API
 */
export async function follow(cloud: CloudClient, path: string, { terminal, signal }: CliContext): Promise<Rollout> {
  const paint = painter(terminal)
  let said = ''
  for (;;) {
    const found = await cloud.get<Rollout>(path)
    const line = rolloutLine(found)
    if (terminal.frame) terminal.frame(rolloutLines(found, paint))
    else if (line !== said) terminal.err(line)
    said = line
    if (!GOES_ON.includes(found.state)) return found
    await sleep(LOOK, undefined, { signal })
  }
}
