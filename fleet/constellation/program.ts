import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { type Leash, startLeash } from './leash.ts'

/** A program of the constellation ended, or never became ready. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
  readonly code = 'program-failed'
}

export interface ProgramOptions {
  /** As messages name it, for example `agent shop-1`. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Everything the program writes is appended here. */
  readonly logFile: string
  /** Resolves when it serves; rejects to try again. Asked until it does. */
  readonly probe: (signal: AbortSignal) => Promise<unknown>
  readonly readyWithinMs?: number
}

/** Who serves nobody after so long will not: a small machine takes a minute to compile one program, and starts several. */
const READY_WITHIN = 300_000

/** A child process that can be killed and started again, and that is gone when this is disposed. */
export class Program implements AsyncDisposable {
  readonly #options: ProgramOptions
  #child: ChildProcess | undefined
  /** Of the child: it is gone, and all that it wrote is in its log. */
  #ended: Promise<unknown> | undefined
  #leash: Leash | undefined
  #lastLines: string[] = []
  /** Set while an end is expected. */
  #stopping = false
  readonly #crashed = Promise.withResolvers<never>()

  constructor(options: ProgramOptions) {
    this.#options = options
    // Nobody has to listen: who does not will see the next request fail.
    this.#crashed.promise.catch(() => undefined)
  }

  /** Rejects when the program ends and nobody asked it to. */
  get crashed(): Promise<never> {
    return this.#crashed.promise
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** @throws ProgramError with the program's last words when it ends, or does not serve in time */
  async start(): Promise<void> {
    const { name, command, args, env, logFile, readyWithinMs = READY_WITHIN } = this.#options
    mkdirSync(dirname(logFile), { recursive: true })
    const log = createWriteStream(logFile, { flags: 'a' })
    this.#stopping = false
    this.#lastLines = []
    // Before there is something to hold: who is killed in between leaves nothing behind.
    this.#leash ??= startLeash()
    // A process group of its own: Ctrl-C reaches the parent alone, which then ends its children in order.
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#child = child
    const { pid } = child
    if (pid !== undefined) this.#leash.hold(pid)
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream! }).on('line', (line) => {
        log.write(`${line}\n`)
        this.#lastLines = [...this.#lastLines.slice(-19), line]
      })
    }
    // There is no such program, or it may not be run: it closes, too.
    child.once('error', ({ message }) => {
      this.#lastLines = [message]
    })
    const closed = new Promise<string>((resolve) => {
      child.once('close', (code, signal) => resolve(signal === null ? `with status ${code}` : `by ${signal}`))
    })
    const ended = closed.then(async (how) => {
      this.#leash?.release()
      await written(log)
      if (this.#child === child) this.#child = undefined
      const error = new ProgramError(`${name} ended ${how}; see ${logFile}\n${this.#lastLines.join('\n')}`)
      if (!this.#stopping) this.#crashed.reject(error)
      return error
    })
    this.#ended = ended
    await this.#ready(ended, readyWithinMs)
  }

  async #ready(ended: Promise<ProgramError>, withinMs: number): Promise<void> {
    const { name, probe, logFile } = this.#options
    const timeout = AbortSignal.timeout(withinMs)
    let gone: ProgramError | undefined
    ended.then((error) => {
      gone = error
    })
    for (;;) {
      const [answer] = await Promise.allSettled([probe(AbortSignal.any([timeout, AbortSignal.timeout(2_000)]))])
      if (gone) throw gone
      if (answer.status === 'fulfilled') return
      if (timeout.aborted) {
        await this.kill('SIGKILL')
        throw new ProgramError(`${name} did not serve within ${withinMs / 1000} s (${answer.reason}); see ${logFile}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Sends a signal and resolves when the process is gone; a program that ignores SIGTERM for 20 s is killed. */
  async kill(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (!child) return
    if (child.exitCode === null && child.signalCode === null) this.#stopping = true
    child.kill(signal)
    const overdue = setTimeout(() => child.kill('SIGKILL'), 20_000)
    await this.#ended
    clearTimeout(overdue)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await this.#leash?.[Symbol.asyncDispose]()
  }
}

const written = (log: WriteStream) => new Promise<void>((resolve) => log.end(resolve))
