import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AwayReply, AwayRequest, AwaySettings } from './away-process.ts'

type Lived = Exclude<AwayReply, { readonly url: string }>

/** An agent in a process of its own that lives fast. */
export interface AwayAgent extends AsyncDisposable {
  /** Of the process that runs now. */
  readonly pid: number
  live(span: AwayRequest): Promise<Lived>
  status(): Promise<AwayStatus>
  /** SIGKILL; `start` begins again on the same disk, at store time `now`. */
  kill(): Promise<void>
  start(now: number): Promise<void>
}

/** Of `/v1/status`, what is looked at here. */
export interface AwayStatus {
  readonly link: { readonly connected: boolean }
  readonly backlog: { readonly records: number; readonly ageSeconds: number }
  readonly space: { readonly givenUp: readonly { readonly what: string; readonly records: number }[] }
}

const ENTRY = fileURLToPath(new URL('./away-process.ts', import.meta.url))

export function awayAgent(settings: Omit<AwaySettings, 'now'>): AwayAgent {
  let child: ChildProcess | undefined
  let url = ''

  const next = (): Promise<AwayReply> => {
    const process = child!
    return new Promise((resolve, reject) => {
      const ended = (status: number | null) => reject(new Error(`the agent ended with status ${status}`))
      process.once('exit', ended)
      process.once('message', (reply) => {
        process.off('exit', ended)
        resolve(reply as AwayReply)
      })
    })
  }
  const kill = async () => {
    const process = child
    if (!process || process.exitCode !== null || process.signalCode !== null) return
    process.kill('SIGKILL')
    await once(process, 'exit')
  }
  return {
    get pid() {
      return child!.pid!
    },
    kill,
    async start(now) {
      child = fork(ENTRY, [JSON.stringify({ ...settings, now })], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      url = ((await next()) as { url: string }).url
    },
    async live(span) {
      child!.send(span)
      return (await next()) as Lived
    },
    status: async () => (await (await fetch(`${url}/v1/status`)).json()) as AwayStatus,
    [Symbol.asyncDispose]: kill,
  }
}
