import type { Log } from '../platform/log.ts'
import type { Registry } from '../registry/index.ts'
import type { TrainingRun, TrainingRuns, TrainingSpec } from './trainings.ts'

/** What monitoring says of one column of one device; others than columns of models are passed over. */
export interface DriftFact {
  readonly scope: string
  readonly name: string
  readonly model: string
  readonly version: number
  readonly verdict: string
}

export interface RetrainRule {
  /** Of the devices that could be compared, how many have to have drifted in an input or the target: 0 to 1. */
  readonly share: number
  /** After a training run of the model, however it began, none begins on drift for as long. */
  readonly restMs: number
}

export interface ModelDrift {
  readonly model: string
  readonly version: number
  readonly drifted: number
  readonly compared: number
}

/** Versions of models, by how many devices drifted in any of their columns. */
export function modelDrift(facts: readonly DriftFact[]): ModelDrift[] {
  const compared = facts.filter(
    ({ scope, model, verdict }) => scope === 'device' && model !== '' && verdict !== 'insufficient',
  )
  const byVersion = Map.groupBy(compared, ({ model, version }) => `${model} ${version}`)
  return [...byVersion.values()].map((of) => ({
    model: of[0]!.model,
    version: of[0]!.version,
    drifted: new Set(of.filter(({ verdict }) => verdict === 'drift').map(({ name }) => name)).size,
    compared: new Set(of.map(({ name }) => name)).size,
  }))
}

/**
 * Trains the champion's definition anew, on everything that devices have sent by now, where enough of them drifted from
 * what it was trained on. What comes of it is a candidate: whether it is better, a rollout shows.
 */
export async function trainOnDrift(
  {
    trainings,
    registry,
    now,
    log,
  }: {
    trainings: Pick<TrainingRuns, 'list'> & { begin(spec: TrainingSpec): Promise<TrainingRun> }
    registry: Pick<Registry, 'model' | 'version'>
    now: () => number
    log: Log
  },
  facts: readonly DriftFact[],
  { share, restMs }: RetrainRule,
): Promise<void> {
  for (const { model, version, drifted, compared } of modelDrift(facts)) {
    if (drifted === 0 || drifted < share * compared) continue
    const { aliases } = await registry.model(model)
    if (aliases.champion !== version) continue
    const [last] = (await trainings.list({ model, limit: 1 })).items
    if (last && (last.finishedAt === null || now() - last.finishedAt < restMs)) continue
    const { manifest } = await registry.version(model, version)
    const { id } = await trainings.begin({ definition: manifest.definition, selector: {}, alias: 'candidate' })
    log.info({ model, version, drifted, compared, run: id }, 'trains a model anew: the data has drifted')
  }
}
