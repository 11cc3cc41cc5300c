import { permutation, type Random, seededRandom } from '../networks/random.ts'
import { openSession, type Session, type Tensors } from '../onnx/session.ts'
import { tensor, zeros } from '../onnx/tensor.ts'
import { type AdamWOptions, stepColumns, stepRow } from './adamw.ts'
import { type ScheduleName, schedules } from './schedule.ts'
import type { TrainStep } from './train-step.ts'

/** The loss left the numbers: another learning rate or cleaner data is needed. */
export class TrainingDivergedError extends Error {
  readonly code = 'training-diverged'
  override readonly name = 'TrainingDivergedError'
}

/** One training as plain data, so that a thread can be handed it; typed arrays on shared memory are not copied. */
export interface TrainJob {
  readonly seed: number
  readonly parameters: Float32Array
  /** Serialised train step (see `trainStep`), and what its dropout needs. */
  readonly model: Uint8Array
  readonly masks: TrainStep['masks']
  readonly offsets: TrainStep['offsets']
  readonly tensors: Tensors
  readonly examples: number
  readonly batch: number
  readonly epochs: number
  readonly learningRate: number
  readonly schedule: ScheduleName
  readonly adamW: AdamWOptions
  /** Measured after each epoch; the parameters of the best one are kept. */
  readonly validation: { readonly model: Uint8Array; readonly tensors: Tensors; readonly examples: number } | null
}

export interface JobProgress {
  readonly seed: number
  /** Epochs begun, from 1. */
  readonly epoch: number
  readonly epochs: number
  /** Steps done, of all. */
  readonly step: number
  readonly steps: number
  /** Mean training loss of this epoch so far. */
  readonly loss: number
  /** Of the last whole epoch. */
  readonly validationLoss: number | null
}

export interface JobResult {
  readonly seed: number
  readonly parameters: Float32Array
  /** By epoch. */
  readonly losses: readonly number[]
  readonly validationLosses: readonly number[]
  /** Training alone, without loading the graph and without validation. */
  readonly seconds: number
}

/** Steps a run of the graph: long enough to make the host's part nothing, short enough to report and to stop. */
const stepsPerRun = 32
const validationBatch = 1024

/** Streams of random numbers of one seed; the initial parameters use stream 0. */
const streams = { order: 1, masks: 2, offsets: 3 } as const

/**
 * Trains on the calling thread. The same job gives the same parameters on one build of the runtime.
 * @returns null if `stopped` said so; it is asked between runs of the graph.
 */
export async function runJob(
  job: TrainJob,
  control: { report(progress: JobProgress): void; stopped(): boolean },
): Promise<JobResult | null> {
  const { seed, examples, batch, epochs } = job
  const perEpoch = Math.floor(examples / batch)
  if (perEpoch === 0) throw new RangeError(`training: ${examples} examples do not fill a batch of ${batch}`)
  const random = { order: seededRandom(seed, streams.order), offsets: seededRandom(seed, streams.offsets) }
  const maskRandom = seededRandom(seed, streams.masks)

  await using session = await openSession(job.model)
  await using validator = job.validation && (await openSession(job.validation.model))
  let state: State = {
    parameters: job.parameters,
    first: new Float32Array(job.parameters.length),
    second: new Float32Array(job.parameters.length),
  }
  let best = { loss: Number.POSITIVE_INFINITY, parameters: state.parameters }
  const losses: number[] = []
  const validationLosses: number[] = []
  let milliseconds = 0

  for (let epoch = 0; epoch < epochs; epoch++) {
    const began = performance.now()
    const order = permutation(examples, random.order)
    const masks = Object.fromEntries(job.masks.map((pool) => [pool.input, maskPool(pool, maskRandom)]))
    let total = 0
    for (let done = 0; done < perEpoch; ) {
      const count = Math.min(stepsPerRun, perEpoch - done)
      const index = order.subarray(done * batch, (done + count) * batch)
      const first = epoch * perEpoch + done
      const next = await runSteps(session, job, { state, masks, index, first, count, random: random.offsets })
      state = next.state
      done += count
      for (const loss of next.losses) total += loss
      if (!Number.isFinite(total)) {
        throw new TrainingDivergedError(
          `training with seed ${seed} diverged in epoch ${epoch + 1}: the loss is no number. ` +
            `Lower the learning rate (${job.learningRate}) or look for values that are not finite in the data.`,
        )
      }
      if (control.stopped()) return null
      control.report({
        seed,
        epoch: epoch + 1,
        epochs,
        step: first + count,
        steps: epochs * perEpoch,
        loss: total / done,
        validationLoss: validationLosses.at(-1) ?? null,
      })
    }
    losses.push(total / perEpoch)
    milliseconds += performance.now() - began
    if (validator && job.validation) {
      const loss = await validate(validator, job.validation, state.parameters)
      validationLosses.push(loss)
      if (loss < best.loss) best = { loss, parameters: state.parameters }
    }
  }
  const parameters = validator ? best.parameters : state.parameters
  return { seed, parameters, losses, validationLosses, seconds: milliseconds / 1000 }
}

interface State {
  readonly parameters: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
}

/** Runs `count` steps from step `first` (from 0) of the whole training. */
async function runSteps(
  session: Session,
  job: TrainJob,
  run: { state: State; masks: Tensors; index: Uint32Array; first: number; count: number; random: Random },
): Promise<{ state: State; losses: Float32Array }> {
  const { state, masks, index, first, count, random } = run
  const { offsets, batch, epochs, examples, learningRate, schedule, adamW } = job
  const steps = epochs * Math.floor(examples / batch)
  const rows = Array.from({ length: count }, (_, i) =>
    stepRow(schedules[schedule](first + i, steps, learningRate), first + i + 1, adamW),
  )
  const starts = Array.from({ length: count }, () => offsets.map((last) => random.below(last + 1)))
  const out = await session.run({
    ...Object.fromEntries(Object.entries(job.tensors).map(([name, value]) => [`data.${name}`, value])),
    ...masks,
    ...(offsets.length > 0 && { offsets: tensor('int64', starts.flat(), [count, offsets.length]) }),
    parameters: tensor('float32', state.parameters),
    first: tensor('float32', state.first),
    second: tensor('float32', state.second),
    steps: tensor('int64', [count], []),
    index: tensor('int64', index, [count, batch]),
    rows: tensor('float32', rows.flat(), [count, stepColumns]),
  })
  const floats = (name: string) => out[name]!.data as Float32Array
  return {
    state: {
      parameters: floats('parameters.next'),
      first: floats('first.next'),
      second: floats('second.next'),
    },
    losses: floats('losses.next'),
  }
}

function maskPool({ rate, size }: { rate: number; size: number }, random: Random) {
  const keep = 1 / (1 - rate)
  return tensor(
    'float32',
    Float32Array.from(zeros('float32', size), () => (random.uniform() < rate ? 0 : keep)),
  )
}

/** Mean loss over all examples, batches weighted by their size. */
async function validate(session: Session, data: NonNullable<TrainJob['validation']>, parameters: Float32Array) {
  let total = 0
  for (let start = 0; start < data.examples; start += validationBatch) {
    const count = Math.min(validationBatch, data.examples - start)
    const { loss } = await session.run({
      ...Object.fromEntries(Object.entries(data.tensors).map(([name, value]) => [`data.${name}`, value])),
      parameters: tensor('float32', parameters),
      index: tensor(
        'int64',
        Array.from({ length: count }, (_, i) => start + i),
      ),
    })
    total += (loss!.data[0] as number) * count
  }
  return total / data.examples
}
