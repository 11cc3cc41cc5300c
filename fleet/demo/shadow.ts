import { setTimeout as sleep } from 'node:timers/promises'
import type { RolloutInput } from '@storecast/shared/contracts'
import { type CloudClient, listAll } from '../client/client.ts'
import { sendInParts } from '../client/upload.ts'
import { countedInPieces } from './bad-model.ts'
import { notRolledOut, type Rollout, startRollout } from './cloud-work.ts'
import type { StoryContext } from './context.ts'
import { type AuditRow, auditLines } from './telling.ts'

/** Real milliseconds between two looks. */
const LOOK = 250
/** Real milliseconds within which every device has the candidate in shadow, as long as a rollout's devices have: small machines take minutes. */
const IN_SHADOW_WITHIN = 300_000

/**
 * A few shops' days scatter: proof here is to be no worse by a quarter, where a fleet asks for 3 %. A candidate's runs may take
 * long, since all devices share one machine.
 */
const analysisOf = (devices: number): NonNullable<RolloutInput['spec']['analysis']> => ({
  ...{ devices, minDevices: devices, margin: 0.25 },
  guards: { latencyP95Ms: 5_000 },
})

/** What an operator does with a rollout that waits for a person. */
type Verb = 'promote' | 'abort'

/** A rollout that goes on while days pass. */
export interface Judged {
  readonly version: number
  /** What there is to tell since the last look. */
  look(): Promise<readonly string[]>
  readonly outcome: 'open' | 'serves' | 'stopped'
}

/** Has somebody repack the version that serves, wrongly, and roll that out by evidence. @throws CloudWorkError */
export async function rollOutBad(context: StoryContext, of: { serving: number; devices: number }): Promise<Judged> {
  const { crew, definition, terminal, signal } = context
  const client = crew.operator
  const model = definition.metadata.name
  const path = `/v1/models/${model}/versions/${of.serving}`
  const { bundle } = await client.get<{ bundle: { sha256: string } }>(path)
  const bytes = countedInPieces(await client.bytes(`/v1/objects/${bundle.sha256}`))
  const upload = await sendInParts({ cloud: client, bytes, signal, onProgress: () => undefined })
  const { version } = await client.post<{ version: number }>(`/v1/uploads/${upload}/version`, { model })
  terminal.out(
    `v${version} is v${of.serving} exported again in pieces, where shops count packs of six: its golden vectors hold`,
  )
  return rollOutJudged(context, { ...of, version, held: 'abort' })
}

/** Rolls a version out by evidence, and waits until so many devices have it in shadow. @throws CloudWorkError */
export async function rollOutJudged(
  context: StoryContext,
  of: { version: number; serving: number; devices: number; held: Verb },
): Promise<Judged> {
  const { constellation, crew, definition, terminal, signal } = context
  const client = crew.operator
  const { version, serving, devices, held } = of
  const model = definition.metadata.name
  const spec = { steps: [{ analysis: {} }, { setWeight: 100 }], analysis: analysisOf(devices) }
  const rollout = await startRollout({ client, model, version }, spec)
  const began = performance.now()
  for (let ready = 0; ready < devices; ) {
    if (performance.now() - began > IN_SHADOW_WITHIN) {
      throw notRolledOut({ ...rollout, reason: `${ready} of ${devices} devices have v${version} in shadow` })
    }
    await sleep(LOOK, undefined, { signal })
    const phases = await Promise.all(
      constellation.stores.map(({ agent }) => candidatePhase(client, { device: agent.device, model })),
    )
    ready = phases.filter((phase) => phase === 'shadow').length
    terminal.progress(`v${version} is in shadow on ${ready} of ${devices} devices`)
  }
  terminal.out(
    `v${version} is rolled out by evidence: ${devices} devices have it in shadow beside v${serving}, which serves`,
  )
  return judged(context, { rollout, held, version, serving })
}

interface Reported {
  readonly models?: Readonly<Record<string, { readonly candidate?: { readonly phase: string } }>>
}

async function candidatePhase(client: CloudClient, { device, model }: { device: string; model: string }) {
  const { state } = await client.get<{ state: Reported }>(`/v1/devices/${device}/reported`)
  return state.models?.[model]?.candidate?.phase
}

function judged(context: StoryContext, of: { rollout: Rollout; held: Verb; version: number; serving: number }): Judged {
  const { crew, terminal } = context
  const client = crew.operator
  const { rollout, held, version, serving } = of
  const path = `/v1/rollouts/${rollout.id}`
  let outcome: Judged['outcome'] = 'open'
  const tell = async ({ name, state, reason, proven, counts }: Rollout): Promise<string[]> => {
    const { told, succeeded, devices } = counts
    switch (state) {
      case 'paused':
        await client.post(`${path}/${held}`)
        return [`v${version} waits for a person: ${reason}`, `an operator looks at the bounds, and says: ${held}`]
      case 'succeeded': {
        outcome = 'serves'
        const history = await listAll<{ what: string; reason: string }>(client, `${path}/history`)
        const proof = history.find(({ what }) => what === 'next at step 1')?.reason
        return [
          `v${version} serves on ${succeeded} of ${devices} devices, let through by ${proven === 'evidence' ? `evidence: ${proof}` : 'a person'}`,
        ]
      }
      case 'failed':
      case 'aborted': {
        outcome = 'stopped'
        const rows = await listAll<AuditRow>(client, '/v1/audit', { order: 'oldest', limit: '500' })
        return [
          `v${version} is stopped: ${reason}`,
          `${told} of ${devices} devices were ever told to serve it, and v${serving} goes on; the audit log:`,
          ...auditLines(rows, { rollout: rollout.id, version }),
        ]
      }
      default:
        terminal.progress(`rollout ${name}: ${reason ?? ''}`)
        return []
    }
  }
  return {
    version,
    get outcome() {
      return outcome
    },
    look: async () => (outcome === 'open' ? tell(await client.get<Rollout>(path)) : []),
  }
}
