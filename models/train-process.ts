/**
 * The process that `spawnTraining` starts. Its job comes as the first line of standard input, JSON; progress and the end
 * go to standard output, a JSON line each. Standard input then stays open: its end means that the parent is gone.
 */
import { createInterface } from 'node:readline'
import type { TrainingLine, TrainingOrder } from './spawn-training.ts'
import { trainModel } from './train-model.ts'

const say = (line: TrainingLine) => process.stdout.write(`${JSON.stringify(line)}\n`)

const input = createInterface({ input: process.stdin })
// Killed, not exited: an orderly exit would end the training threads mid-run, which the runtime answers with an abort.
input.once('close', () => process.kill(process.pid, 'SIGKILL'))
input.once('line', async (line) => {
  try {
    const order = JSON.parse(line) as TrainingOrder
    const { manifest } = await trainModel({ ...order, onProgress: (progress) => say({ kind: 'progress', progress }) })
    say({ kind: 'trained', manifest })
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string }
    say({ kind: 'failed', error: { name, message, code: code ?? 'training-failed' } })
  }
  input.removeAllListeners('close').close()
})
