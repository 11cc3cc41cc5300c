import type { TrustStatus } from '@storecast/cloud/trust'
import { type CloudClient, listSome } from '../client/client.ts'
import type { CloudStatus, Facts, OpenRollout } from './checks.ts'

/** Newest rollouts that are looked through for those that are under way. */
const NEWEST = 200
const OPEN = ['running', 'paused', 'aborting', 'undoing']

interface GatherOptions {
  readonly cloud: CloudClient
  readonly version: string
  readonly silentHours: number
  readonly now: () => number
}

/** Asks the cloud for all that the checks look at. @throws as the cloud's client does */
export async function gather({ cloud, version, silentHours, now }: GatherOptions): Promise<Facts> {
  const asked = now()
  const status = await cloud.get<CloudStatus>(`/v1/status?silentHours=${silentHours}`)
  const answered = now()
  const rollouts = await listSome<OpenRollout>(cloud, '/v1/rollouts', {}, NEWEST)
  const policies = await listSome<{ metadata: { name: string } }>(cloud, '/v1/policies', {})
  return {
    ...{ version, silentHours, status },
    here: (asked + answered) / 2,
    tookMs: answered - asked,
    trust: await cloud.get<TrustStatus>('/v1/trust'),
    rollouts: rollouts.filter(({ state }) => OPEN.includes(state)),
    policies: policies.map(({ metadata }) => metadata.name),
  }
}
