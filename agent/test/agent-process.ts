import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@storecast/shared/test/ports'

const ENTRY = fileURLToPath(new URL('../main.ts', import.meta.url))

/** An agent as it is shipped, in a process of its own that can be killed. */
export interface AgentProcess extends AsyncDisposable {
  readonly url: string
  readonly pid: number | undefined
  /** Resolves as soon as the process is there. */
  start(settings?: object): Promise<void>
  /** Resolves when it serves. */
  ready(): Promise<void>
  /** SIGKILL unless told otherwise; resolves with the exit status (null: by signal) when the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export async function prepareAgent(
  folder: string,
  settings: object,
  { env = {}, entry = ENTRY }: { readonly env?: NodeJS.ProcessEnv; readonly entry?: string } = {},
): Promise<AgentProcess> {
  const config = join(folder, 'agent.yaml')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let said = ''

  const stop = async (signal: NodeJS.Signals = 'SIGKILL') => {
    const stopping = child
    if (stopping === undefined || stopping.exitCode !== null || stopping.signalCode !== null)
      return child?.exitCode ?? null
    stopping.kill(signal)
    await once(stopping, 'exit')
    return stopping.exitCode
  }
  return {
    url,
    get pid() {
      return child?.pid
    },
    async start(more = {}) {
      // JSON is YAML.
      await writeFile(config, JSON.stringify({ ...settings, http: { port }, ...more }))
      child = spawn(process.execPath, [entry, 'run', '--config', config], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ...env },
      })
      child.stderr?.on('data', (chunk) => {
        said += chunk
      })
      await once(child, 'spawn')
    },
    async ready() {
      const ended = () => child?.exitCode !== null || child.signalCode !== null
      while (
        !(await fetch(`${url}/v2/health/live`).then(
          ({ ok }) => ok,
          () => false,
        ))
      ) {
        if (ended()) throw new Error(`the agent ended with ${child?.exitCode ?? child?.signalCode}: ${said}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop()
    },
  }
}
