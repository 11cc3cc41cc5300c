import { parentPort, workerData } from 'node:worker_threads'
import { runJob, type TrainJob } from './job.ts'
import type { ThreadMessage } from './train.ts'

const post = (message: ThreadMessage) => parentPort?.postMessage(message)
const result = await runJob(workerData as TrainJob, (progress) => post({ kind: 'progress', progress }))
post({ kind: 'result', result })
