import { parentPort, workerData } from 'node:worker_threads'
import { runJob } from './job.ts'
import type { ThreadData, ThreadMessage } from './train.ts'

const { job, stop } = workerData as ThreadData
const post = (message: ThreadMessage) => parentPort?.postMessage(message)
const result = await runJob(job, {
  report: (progress) => post({ kind: 'progress', progress }),
  stopped: () => Atomics.load(stop, 0) !== 0,
})
if (result) post({ kind: 'result', result })
