import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Manifest } from '@storecast/shared/contracts'
import { entryPoint } from './entry-point.ts'
import type { TrainModelOptions, TrainProgress } from './train-model.ts'

/** What the training process is told, and the lines it answers. */
export type TrainingOrder = Omit<TrainModelOptions, 'onProgress' | 'signal'> & { readonly out: string }
export type TrainingLine =
  | { readonly kind: 'progress'; readonly progress: TrainProgress }
  | { readonly kind: 'trained'; readonly manifest: Manifest }
  | {
      readonly kind: 'failed'
      readonly error: { readonly name: string; readonly code: string; readonly message: string }
    }

/** Training in its own process failed. `code` is that of the error there (`invalid-value`, …), or `process-ended`. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError'
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Last bytes of standard error that are quoted when the process ends without an answer. */
const STDERR_TAIL = 2000

/**
 * Trains in a process of its own, which ends when this one does, when `signal` is aborted, and when it is done. The
 * bundle is at `out` when the promise resolves, whole.
 *
 * @throws TrainingError; the signal's reason if it is aborted.
 */
export async function spawnTraining(
  options: TrainingOrder & { onProgress?: (progress: TrainProgress) => void; signal?: AbortSignal },
): Promise<Manifest> {
  const { onProgress, signal, ...order } = options
  signal?.throwIfAborted()
  const child = spawn(process.execPath, [fileURLToPath(entryPoint(new URL('./train-process.ts', import.meta.url)))], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
  })
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, by) => resolve(by === null ? `exit code ${code}` : `signal ${by}`))
  })
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-STDERR_TAIL)
  })
  // A process that ended before it read its order is told by its end, below.
  child.stdin.on('error', () => undefined)
  child.stdin.write(`${JSON.stringify(order)}\n`)
  let last: TrainingLine | undefined
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as TrainingLine
      if (line.kind === 'progress') onProgress?.(line.progress)
      else last = line
    }
    const how = await ended
    signal?.throwIfAborted()
    if (last?.kind === 'trained') return last.manifest
    if (last?.kind === 'failed') throw new TrainingError(last.error.code, last.error.message)
    throw new TrainingError('process-ended', `the training process ended with ${how} and no result\n${errors}`.trim())
  } finally {
    signal?.removeEventListener('abort', kill)
    kill()
  }
}
