import { text } from 'node:stream/consumers'
import type { ReadStream } from 'node:tty'
import type { AgentConfig } from './config.ts'
import { PinRefused, randomPin, requirePin, setPin } from './page/index.ts'
import { pinFile } from './paths.ts'
import { readWhole } from './platform/files.ts'

export interface PinQuestion {
  /** Holds the PIN; `-`: standard input. Undefined: the terminal is asked, and where there is none one is made. */
  readonly from: string | undefined
  readonly input: NodeJS.ReadStream | ReadStream
  readonly print: (text: string) => void
}

const LARGEST = 1024
/** Backspace, as terminals send it; then Ctrl-C and Ctrl-D. */
const ERASE = ['\b', '\x7f']
const STOP = ['\x03', '\x04']

/**
 * Sets the PIN by which staff sign in on the shop's page; who has signed in with another is signed out. A running agent takes
 * it from the next call on.
 * @throws PinRefused
 */
export async function settlePin(config: AgentConfig, question: PinQuestion): Promise<void> {
  const { print } = question
  const given = await givenPin(question)
  const pin = given ?? randomPin()
  await setPin(pinFile(config), pin)
  if (given !== undefined) print(`the PIN of ${config.device} is set\n`)
  else print(`the PIN of ${config.device} is ${pin}: write it down, it is not shown again\n`)
}

/** Undefined where nobody chose one. */
async function givenPin({ from, input, print }: PinQuestion): Promise<string | undefined> {
  if (from === '-') return requirePin(await text(input))
  if (from !== undefined) {
    const bytes = await readWhole(from, LARGEST)
    if (bytes === undefined) throw new PinRefused(`${from}: there is no such file: it should hold the PIN`)
    return requirePin(bytes.toString())
  }
  if (!('setRawMode' in input) || !input.isTTY) return undefined
  const typed = await askUnseen(input as ReadStream, { question: 'PIN (6 to 12 digits; empty: one is made): ', print })
  if (typed === '') return undefined
  const pin = requirePin(typed)
  const again = await askUnseen(input as ReadStream, { question: 'once more: ', print })
  if (again.trim() !== pin) throw new PinRefused('the two are not the same')
  return pin
}

/** A line of a terminal that is not shown there. */
async function askUnseen(
  input: ReadStream,
  { question, print }: { question: string; print: (text: string) => void },
): Promise<string> {
  print(question)
  let line = ''
  input.setRawMode(true)
  try {
    for await (const chunk of input.iterator({ destroyOnReturn: false })) {
      for (const key of String(chunk)) {
        if (key === '\r' || key === '\n') return line
        if (STOP.includes(key)) throw new PinRefused('stopped: no PIN was set')
        line = ERASE.includes(key) ? line.slice(0, -1) : line + key
      }
    }
    return line
  } finally {
    input.setRawMode(false)
    input.pause()
    print('\n')
  }
}
