import type { Bundle } from '@storecast/shared/bundle'
import { ForbiddenError, NotFoundError } from '../platform/errors.ts'
import type { ModelVersion, Registry } from '../registry/index.ts'
import { type Trust, targetsIn } from '../trust/index.ts'
import type { Governance } from './governance.ts'
import { type ModelFacts, modelFacts, type PolicyInputs } from './inputs.ts'

/** A bundle that asks to be registered. */
export interface BundleCandidate extends Pick<Bundle, 'manifest' | 'golden'> {
  readonly bytes: number
  readonly source: ModelVersion['source']
  readonly tags: ModelVersion['tags']
}

interface RolloutRequest {
  readonly version: ModelVersion
  readonly devices: number
  readonly selector: unknown
}

/** The places where policies are asked: each gathers what they judge by. */
export interface Gates {
  /** Before anything of the bundle is kept. @throws ForbiddenError `policy-denied` */
  register(candidate: BundleCandidate): Promise<void>
  /** For every version that the metadata approves and that is not approved yet. @throws ForbiddenError `policy-denied` */
  approve(targets: Buffer): Promise<void>
  /** @throws ForbiddenError `policy-denied` */
  rollout(request: RolloutRequest): Promise<void>
  /** What the policies of a gate would be given for a version that is registered. */
  inputsOf(gate: PolicyInputs['gate'], version: ModelVersion, rollout?: PolicyInputs['rollout']): Promise<PolicyInputs>
}

interface GatesOptions {
  readonly governance: Governance
  readonly registry: Pick<Registry, 'model' | 'version'>
  readonly trust: Pick<Trust, 'requireApproved' | 'status'>
}

export function createGates({ governance, registry, trust }: GatesOptions): Gates {
  const championOf = async (name: string, version?: number): Promise<ModelFacts | null> => {
    const number = (await unlessMissing(registry.model(name)))?.aliases.champion
    return number === undefined || number === version ? null : factsOf(await registry.version(name, number))
  }
  const approvalOf = async (version: ModelVersion): Promise<PolicyInputs['approval']> => {
    const { mode } = await trust.status()
    try {
      await trust.requireApproved(version)
      return { approved: true, mode, reason: '' }
    } catch (error) {
      // Why it is not approved is a fact for the policies to judge.
      return { approved: false, mode, reason: (error as Error).message }
    }
  }
  const inputsOf: Gates['inputsOf'] = async (gate, version, rollout = null) => ({
    gate,
    model: factsOf(version),
    champion: await championOf(version.model, version.version),
    approval: await approvalOf(version),
    rollout,
  })
  return {
    inputsOf,
    async register({ manifest, golden, bytes, source, tags }) {
      const model = modelFacts({ manifest, source, tags, bytes, golden: { cases: golden.cases.length } })
      await governance.admit({
        ...{ gate: 'register', model, champion: await championOf(model.name), approval: null, rollout: null },
      })
    },
    async approve(targets) {
      const asked = (await governance.all()).some(({ spec }) => spec.gates.includes('approve'))
      for (const { path, sha256, length } of targetsIn(targets)) {
        const named = /^models\/([^/]+)\/([1-9]\d{0,8})\.bundle$/.exec(path)
        if (!asked || !named) continue
        const version = await unlessMissing(registry.version(named[1]!, Number(named[2])))
        const { bundle } = version ?? {}
        if (!version || bundle?.sha256 !== sha256 || bundle.bytes !== length) throw unknownBundle(path)
        const inputs = await inputsOf('approve', version)
        if (!inputs.approval?.approved) await governance.admit(inputs)
      }
    },
    rollout: async ({ version, devices, selector }) =>
      governance.admit(await inputsOf('rollout', version, { devices, selector })),
  }
}

const factsOf = ({ manifest, version, source, tags, bundle }: ModelVersion): ModelFacts =>
  modelFacts({ manifest, version, source, tags, bytes: bundle.bytes })

const unknownBundle = (path: string) =>
  new ForbiddenError({
    code: 'policy-denied',
    message: `The metadata approves ${path}, and the registry has no such bundle, so that no policy can judge it. Register the bundle first, then approve it.`,
  })

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}
