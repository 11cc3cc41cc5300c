import { setTimeout as sleep } from 'node:timers/promises'
import type { Got } from '@storecast/shared/api'
import type { Manifest, ModelDefinition, RolloutInput } from '@storecast/shared/contracts'
import type { CloudClient } from '../client/client.ts'

/** The cloud did what it was asked to, and it failed. */
export class CloudWorkError extends Error {
  override readonly name = 'CloudWorkError'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Real milliseconds between two looks at work that goes on. */
const LOOK = 250

type TrainingRun = Got<'/v1/training-runs/{run}'>

export interface TrainedVersion {
  readonly version: number
  readonly rows: number
  readonly seconds: number
  readonly manifest: Manifest
}

/**
 * Has the cloud train a definition on what the devices sent, up to and including the local day `to`.
 * @throws CloudWorkError with the cloud's reason
 */
export async function trainInCloud(options: {
  client: CloudClient
  definition: ModelDefinition
  to: string
  signal: AbortSignal
  onProgress: (text: string) => void
}): Promise<TrainedVersion> {
  const { client, definition, to, signal, onProgress } = options
  const began = performance.now()
  let run = await client.post<TrainingRun>('/v1/training-runs', { definition, to })
  while (run.state === 'queued' || run.state === 'running') {
    const part = run.progress?.part === undefined ? '' : ` ${Math.round(100 * run.progress.part)} %`
    onProgress(`training run ${run.id}: ${run.step}${part} ${run.progress?.message ?? ''}`)
    await sleep(LOOK, undefined, { signal })
    run = await client.get(`/v1/training-runs/${run.id}`)
  }
  if (run.state !== 'succeeded' || run.version === null) {
    const { code = run.state, message = 'no reason given' } = run.error ?? {}
    throw new CloudWorkError(code, `training run ${run.id} ${run.state}: ${message}`)
  }
  const model = definition.metadata.name
  const { manifest } = await client.get<{ manifest: Manifest }>(`/v1/models/${model}/versions/${run.version}`)
  return {
    version: run.version,
    rows: run.dataset?.rows ?? 0,
    seconds: (performance.now() - began) / 1000,
    manifest,
  }
}

export type Rollout = Got<'/v1/rollouts/{rollout}'>

interface RollOut {
  readonly client: CloudClient
  readonly model: string
  readonly version: number
}

/** Starts a rollout to every device at once, which then gets the alias; what is given goes over it. */
export function startRollout(
  { client, model, version }: RollOut,
  spec: Partial<RolloutInput['spec']>,
): Promise<Rollout> {
  const document: RolloutInput = {
    apiVersion: 'storecast/v1',
    kind: 'Rollout',
    metadata: { name: `${model}-v${version}` },
    spec: {
      model: `models:/${model}/${version}`,
      steps: [{ setWeight: 100 }],
      minSucceeded: 1,
      maxFailed: 0,
      deadline: '5m',
      onFailure: 'abort',
      alias: 'champion',
      ...spec,
    },
  }
  return client.post<Rollout>('/v1/rollouts', document)
}

/** Rolls a version out to every device at once, on no evidence, and makes it the champion. @throws CloudWorkError */
export async function rollOut(
  options: RollOut & { readonly signal: AbortSignal; readonly onProgress: (text: string) => void },
): Promise<{ active: number; devices: number; seconds: number }> {
  const { client, signal, onProgress } = options
  const began = performance.now()
  let rollout = await startRollout(options, { evidence: 'none' })
  while (rollout.state === 'running') {
    const { succeeded, updating, pending, untold, offline, devices } = rollout.counts
    onProgress(
      `rollout ${rollout.id}: ${succeeded} of ${devices} active, ${updating} updating, ${untold + pending + offline} waiting`,
    )
    await sleep(LOOK, undefined, { signal })
    rollout = await client.get(`/v1/rollouts/${rollout.id}`)
  }
  const { succeeded, devices } = rollout.counts
  if (rollout.state !== 'succeeded') throw notRolledOut(rollout)
  return { active: succeeded, devices, seconds: (performance.now() - began) / 1000 }
}

export const notRolledOut = ({ id, state, reason }: Rollout) =>
  new CloudWorkError(`rollout-${state}`, `rollout ${id}: ${reason ?? state}`)
