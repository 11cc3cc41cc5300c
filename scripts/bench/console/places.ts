import { fileURLToPath } from 'node:url'
import type { Role } from '../../../cloud/people/permissions.ts'
import { testBundle } from '../../../cloud/test/bundle.ts'
import { readDocuments } from '../../../fleet/code/documents.ts'
import type { CloudProgram } from './program.ts'

/** Sites that are made by the API; the others of their region share their documents. */
export interface Region {
  readonly name: string
  readonly zone: string
}

export const REGIONS: readonly Region[] = [
  { name: 'eu-central', zone: 'Europe/Berlin' },
  { name: 'eu-west', zone: 'Europe/Dublin' },
  { name: 'us-east', zone: 'America/New_York' },
  { name: 'ap-east', zone: 'Asia/Shanghai' },
]
export const PRODUCTS = Array.from({ length: 12 }, (_, i) => `P${1000 + 37 * i}`)
export const SENSORS = [
  { name: 'fridge', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-40, 60], centre: 4, interval: 60 },
  { name: 'freezer', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-60, 60], centre: -20, interval: 60 },
  { name: 'hall', kind: 'gauge', unit: '°C', resolution: 0.1, range: [-20, 60], centre: 21, interval: 60 },
  { name: 'humidity', kind: 'gauge', unit: '%', resolution: 0.1, range: [0, 100], centre: 48, interval: 60 },
  { name: 'power', kind: 'gauge', unit: 'W', resolution: 1, range: [0, 50_000], centre: 1200, interval: 60 },
]
const SALES = { name: 'sales', kind: 'event', unit: 'units', resolution: 1, range: [0, 10_000], per: 'product' }

/** Site of a region whose documents its other sites have, too. */
export const templateOf = ({ name }: Region) => `shop-${name}-0000`

/** Name → versions. */
export const MODELS = { demand: 12, 'cold-chain': 6, energy: 6, footfall: 6, queue: 6 } as const

const FLEET = new URL('../../../fleet/', import.meta.url)
/** What of the fleet's files is put there; routes would tell somebody. */
const PATHS: Readonly<Record<string, string>> = {
  AlertRule: '/v1/alert-rules',
  Dataset: '/v1/datasets',
  DeviceGroup: '/v1/groups',
  Policy: '/v1/policies',
}

export interface Person {
  readonly name: string
  readonly password: string
  readonly roles: readonly Role[]
  readonly limit: Readonly<Record<string, string>>
}

/** So many people at the console at once: a quarter sees one region only. */
export function people(count: number): Person[] {
  const roles: readonly Role[] = ['viewer', 'operator', 'steward', 'approver', 'admin']
  return Array.from({ length: count }, (_, i) => ({
    name: `person-${i}`,
    password: `a long password ${i}`,
    roles: [roles[i % roles.length]!],
    limit: i % 4 === 3 ? { region: REGIONS[1]!.name } : {},
  }))
}

/** What is small, by the API: models, one site of each region, rules, people. */
export async function prepare({ call }: CloudProgram, people: readonly Person[]): Promise<void> {
  const ok = async (method: string, path: string, given: Parameters<typeof call>[2]) => {
    const { status, body } = await call(method, path, given)
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`)
  }
  for (const [name, versions] of Object.entries(MODELS)) {
    for (let salt = 1; salt <= versions; salt++) {
      await ok('POST', `/v1/models/${name}/versions`, { bytes: testBundle({ name, salt: `${salt}` }) })
    }
    await ok('PUT', `/v1/models/${name}/aliases/champion`, { json: { version: versions - 1, reason: 'in service' } })
  }
  const entities = PRODUCTS.map((id) => ({ id, attributes: { category: 'dairy' } }))
  for (const region of REGIONS) {
    const labels = { region: region.name, country: 'c0', tier: 'gold', cohort: 'a' }
    const json = { timeZone: region.zone, labels, entities, sensors: [...SENSORS, SALES] }
    await ok('PUT', `/v1/sites/${templateOf(region)}`, { json })
  }
  // Policies would ask for more than the bundles here have: they come last.
  for (const folder of ['alerts', 'groups', 'datasets', 'policies']) {
    for (const { kind, name, document } of await readDocuments(fileURLToPath(new URL(folder, FLEET)))) {
      const path = PATHS[kind]
      if (path) await ok('PUT', `${path}/${name}`, { json: document })
    }
  }
  for (const { name, password, roles, limit } of people) {
    await ok('POST', '/v1/users', { json: { name, password, roles, limit } })
  }
}
