import { modelEntity, SELF_MEASURED } from '@storecast/shared/contracts'
import type { Span } from '@storecast/shared/windows'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Writer } from '../platform/writer.ts'
import { type Measurement, Tally, type Windows, type windowProcedures } from '../windows/index.ts'
import type { ModelRun, Models } from './models.ts'

export interface RunMeasuresOptions {
  readonly models: Pick<Models, 'onRun'>
  readonly windows: Pick<Windows, 'windowAt'>
  readonly writer: Writer<typeof windowProcedures>
  readonly clock: Clock
  readonly log: Logger
}

interface OpenMeasures {
  readonly model: string
  readonly version: number
  readonly span: Span
  readonly latency: Tally
  readonly failures: Tally
}

const SIZE = SELF_MEASURED['$model-latency'].window

/**
 * Windows of how long the runs of each serving version took, and how many gave no answer. They are written when they end:
 * a power cut loses what was measured since, some minutes, as an inference is not worth a commit of its own.
 */
export class RunMeasures implements AsyncDisposable {
  readonly #options: RunMeasuresOptions
  readonly #listening: Disposable
  #open = new Map<string, OpenMeasures>()
  #due: Disposable | undefined
  #written: Promise<void> = Promise.resolve()

  constructor(options: RunMeasuresOptions) {
    this.#options = options
    this.#listening = options.models.onRun((run) => this.#ran(run))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]()
    this.#due?.[Symbol.dispose]()
    this.#write()
    await this.#written
  }

  #ran({ model, version, outcome, ms }: ModelRun): void {
    const { windows, clock } = this.#options
    const now = clock.now()
    const span = windows.windowAt(now, SIZE)
    const key = `${modelEntity({ model, version })} ${span.start}`
    let open = this.#open.get(key)
    if (!open) {
      open = { model, version, span, latency: new Tally('$model-latency'), failures: new Tally('$model-failures') }
      this.#open.set(key, open)
    }
    if (outcome === 'done') open.latency.add(ms)
    open.failures.add(outcome === 'done' ? 0 : 1)
    this.#due ??= clock.after(span.end - now, () => this.#write())
  }

  #write(): void {
    this.#due = undefined
    const { writer, clock, log } = this.#options
    const measurements = [...this.#open.values()].flatMap(measurementsOf)
    this.#open = new Map()
    if (measurements.length === 0) return
    this.#written = writer.call('windows.measure', { at: clock.now(), measurements }).catch((err) => {
      log.error({ err, windows: measurements.length }, 'what models took could not be stored and is lost')
    })
  }
}

function measurementsOf({ model, version, span, latency, failures }: OpenMeasures): Measurement[] {
  const entity = modelEntity({ model, version })
  const runs = { series: { sensor: '$model-failures', entity }, span, observed: failures.observed() } as const
  const answered = { series: { sensor: '$model-latency', entity }, span, observed: latency.observed() } as const
  return answered.observed.count > 0 ? [runs, answered] : [runs]
}
