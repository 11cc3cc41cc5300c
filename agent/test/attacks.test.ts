import type { DesiredState, ModelTarget } from '@storecast/shared/contracts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startBroker, type TestBroker } from './broker.ts'
import { type Fault, insteadOf } from './object-server.ts'
import { openShop, type Shop } from './shop.ts'
import { makeOnlineKey, makeSigner } from './signing-cloud.ts'
import { temporaryFolder } from './storage.ts'
import { tinyBundle, tinyInputs } from './tiny-bundle.ts'

/**
 * The attack table with a whole agent (the rows in detail: agent/trust/attacks.test.ts): whatever comes, the version that
 * serves goes on serving, and the cloud hears the reason.
 */
let folder: { path: string } & AsyncDisposable
let broker: TestBroker
let shop: Shop

beforeEach(async () => {
  folder = await temporaryFolder()
  broker = await startBroker()
  shop = await openShop({ folder: folder.path, now: Date.UTC(2026, 2, 2), broker })
  await shop.desire({ models: { tiny: await shop.publish(await bundleOf(1)) } })
  await vi.waitFor(async () => expect(await tiny()).toMatchObject({ active: 1, phase: 'active' }), { timeout: 20_000 })
})
afterEach(async () => {
  await shop[Symbol.asyncDispose]()
  await broker[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

const bundleOf = (version: number) => tinyBundle({ directory: folder.path, version, factor: version })
const tiny = async () => (await shop.get('/v1/status')).body.models.tiny

async function infers(): Promise<void> {
  const inputs = Object.entries(tinyInputs([1, 2])).map(([name, { type, shape, data }]) => ({
    ...{ name, shape, datatype: type === 'float32' ? 'FP32' : 'INT64' },
    data: Array.from(data, Number),
  }))
  const { status, body } = await shop.post(
    '/v2/models/tiny/infer',
    JSON.stringify({ inputs, outputs: [{ name: 'y' }] }),
    {
      'content-type': 'application/json',
    },
  )
  expect(status, JSON.stringify(body)).toBe(200)
  expect(body.outputs.find(({ name }: { name: string }) => name === 'y').data).toEqual([1, 2])
}

/** What the cloud was told, both ways: of the model in the reported state, and as events. */
const heard = () => {
  const events = [...shop.cloud!.events.values()].map(({ detail }) => String(detail.reason ?? detail.code))
  return [shop.cloud!.reported()?.models.tiny?.error?.code, ...events]
}
async function refusedBecause(reason: string | RegExp): Promise<void> {
  await vi.waitFor(() => expect(heard()).toContainEqual(expect.stringMatching(reason)), { timeout: 20_000 })
  expect(await tiny()).toMatchObject({ active: 1 })
  await infers()
}
const approvedElsewhere = async (version: number): Promise<ModelTarget> => await shop.publish(await bundleOf(version))
const timestamp = '/v1/tuf/metadata/timestamp.json'

interface Attack {
  readonly name: string
  readonly reason: string | RegExp
  readonly attack: () => Promise<void>
}

const attacks: readonly Attack[] = [
  {
    name: 'arbitrary model',
    reason: 'not-approved',
    async attack() {
      const { bundle, version } = await approvedElsewhere(2)
      shop.signing.targets.delete(`models/tiny/${version}.bundle`)
      shop.signing.publish()
      await shop.desire({ models: { tiny: { version, bundle } } })
    },
  },
  {
    name: 'arbitrary model, by targets keys of the attacker’s own',
    reason: 'metadata-signature',
    async attack() {
      shop.signing.signers.targets = [makeSigner()]
      await shop.desire({ models: { tiny: await approvedElsewhere(2) } })
    },
  },
  {
    name: 'altered bundle',
    reason: 'digest-mismatch',
    async attack() {
      const target = await approvedElsewhere(2)
      const other = new Uint8Array(target.bundle.bytes)
      shop.objects.fail(target.bundle.sha256, insteadOf(other))
      await shop.desire({ models: { tiny: target } })
    },
  },
  {
    name: 'wrong length',
    reason: 'length-differs',
    async attack() {
      const target = await approvedElsewhere(2)
      const signed = shop.signing.targets.get('models/tiny/2.bundle')!
      shop.signing.targets.set('models/tiny/2.bundle', { ...signed, length: signed.length + 1 })
      shop.signing.publish()
      await shop.desire({ models: { tiny: target } })
    },
  },
  {
    name: 'rollback of the repository',
    reason: 'metadata-rollback',
    async attack() {
      const past = new Map(shop.signing.served)
      const target = await approvedElsewhere(2)
      await shop.desire({ models: { tiny: target } })
      await vi.waitFor(async () => expect(await tiny()).toMatchObject({ active: 2 }), { timeout: 20_000 })
      await shop.desire({ models: { tiny: await approvedElsewhere(1) } })
      await vi.waitFor(async () => expect(await tiny()).toMatchObject({ active: 1 }), { timeout: 20_000 })
      const next = await approvedElsewhere(3)
      shop.signing.replay(past)
      await shop.desire({ models: { tiny: next } })
    },
  },
  {
    name: 'freeze',
    reason: 'metadata-expired',
    async attack() {
      shop.signing.lifetimes.timestamp = -1
      await shop.desire({ models: { tiny: await approvedElsewhere(2) } })
    },
  },
  {
    name: 'mix-and-match',
    reason: /metadata-(digest|length|mismatch)/,
    async attack() {
      const before = `${shop.signing.versions.targets}.targets.json`
      const target = await approvedElsewhere(2)
      shop.signing.serve(`${shop.signing.versions.targets}.targets.json`, shop.signing.served.get(before)!)
      await shop.desire({ models: { tiny: target } })
    },
  },
  {
    name: 'endless data',
    reason: 'endless-data',
    async attack() {
      const target = await approvedElsewhere(2)
      const flood: Fault = (_, response) => void response.writeHead(200).end(Buffer.alloc(1_000_000, ' '))
      shop.objects.fail(timestamp, ...Array<Fault>(20).fill(flood))
      await shop.desire({ models: { tiny: target } })
    },
  },
  {
    name: 'key compromise below the threshold',
    reason: 'metadata-signature',
    async attack() {
      const { signing } = shop
      const { root } = signing.signers
      const stolen = makeSigner()
      signing.signers.targets = [makeSigner(), stolen]
      signing.thresholds.targets = 2
      signing.publishRoot(root)
      signing.signers.targets = [stolen]
      await shop.desire({ models: { tiny: await approvedElsewhere(2) } })
    },
  },
  {
    name: 'withdrawn version',
    reason: 'version-revoked',
    async attack() {
      const target = await approvedElsewhere(2)
      shop.signing.putTarget('revoked.json', '{"versions":[{"model":"tiny","version":2,"reason":"orders too much"}]}')
      shop.signing.publish()
      await shop.desire({ models: { tiny: target } })
    },
  },
  {
    name: 'replayed desired state',
    reason: 'desired-rollback',
    attack: async () => shop.cloud!.desire(await shop.signing.desire(stateOf({ generation: 1 }))),
  },
  {
    name: 'desired state signed by somebody else',
    reason: 'desired-key-unknown',
    attack: async () => shop.cloud!.desire(await shop.signing.desire(stateOf({ generation: 9 }), makeOnlineKey())),
  },
  {
    name: 'desired state of another device',
    reason: 'desired-not-ours',
    attack: async () => shop.cloud!.desire(await shop.signing.desire(stateOf({ generation: 9, device: 'south-1' }))),
  },
  {
    name: 'expired desired state',
    reason: 'desired-expired',
    attack: async () => shop.cloud!.desire(await shop.signing.desire(stateOf({ generation: 9, expires: 1000 }))),
  },
]

/** Wants no model at all: taken, it would end the one that serves. */
const stateOf = (part: Partial<DesiredState>): DesiredState => ({
  ...{ version: 1, device: 'north-1', generation: 9, expires: 4_000_000_000, site: 'north' },
  ...{ api: shop.objects.url, documents: {}, models: {} },
  ...part,
})

for (const { name, reason, attack } of attacks) {
  it(`${name}: refused, told, and the shop goes on`, async () => {
    await attack()
    await refusedBecause(reason)
  })
}
