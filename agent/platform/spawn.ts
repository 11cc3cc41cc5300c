import { type ChildProcess, fork } from 'node:child_process'
import { basename, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

/**
 * Where an entry file lives: in development the `.ts` source itself (Node strips its types), in a shipped bundle the file
 * of the same name beside the bundle, with the bundle's own extension.
 * @param source `new URL('./model-host.ts', import.meta.url)`
 * @param here for tests: the module whose extension tells how we run
 */
export function entryPoint(source: URL, here: string = import.meta.url): URL {
  const extension = extname(new URL(here).pathname)
  if (extension === '.ts') return source
  return new URL(basename(source.pathname, extname(source.pathname)) + extension, here)
}

export interface WorkerOptions {
  readonly name?: string
  readonly data?: unknown
  /** V8 heap ceiling of the thread: `young` for what was just made (V8 would let it grow to 48), `old` for what stays. */
  readonly heapMb?: { readonly young: number; readonly old: number }
}

export function startWorker(source: URL, { name, data, heapMb }: WorkerOptions = {}): Worker {
  return new Worker(entryPoint(source), {
    workerData: data,
    // Flags of the parent (a test runner's, a debugger's port) are not the thread's.
    execArgv: [],
    ...(name === undefined ? {} : { name }),
    ...(heapMb && { resourceLimits: { maxYoungGenerationSizeMb: heapMb.young, maxOldGenerationSizeMb: heapMb.old } }),
  })
}

export interface ChildOptions {
  readonly args?: readonly string[]
  /** Replaces the environment; default: the parent's. */
  readonly env?: NodeJS.ProcessEnv
  /** Node's own flags, for example `--max-old-space-size=64`. */
  readonly nodeFlags?: readonly string[]
  /** Default: the parent's standard output and error. */
  readonly stdio?: 'inherit' | 'pipe' | 'ignore'
  /** File descriptors to hand down, as `SHARED_FD` and up. */
  readonly share?: readonly number[]
}

/** The first descriptor that a parent shares, in the child: behind its standard streams and the channel. */
export const SHARED_FD = 4

/** Starts an entry as a child process with a message channel that carries typed arrays (structured clone). */
export function startChild(source: URL, options: ChildOptions = {}): ChildProcess {
  const { args = [], env = process.env, nodeFlags = [], stdio = 'inherit', share = [] } = options
  return fork(fileURLToPath(entryPoint(source)), [...args], {
    env,
    execArgv: [...nodeFlags],
    serialization: 'advanced',
    stdio: ['ignore', stdio, stdio, 'ipc', ...share],
  })
}

/** Called once by a child's entry: the child ends when its parent's channel closes, however the parent ended. */
export function endWithParent(): void {
  process.on('disconnect', () => process.exit(0))
}
