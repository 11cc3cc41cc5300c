import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  addSignatures,
  metadataBytes,
  type RootMetadata,
  type Signer,
  sha256,
  signerOf,
  type TargetsMetadata,
  targetsOf,
} from '@storecast/cloud/trust'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CloudClient } from '../client/client.ts'
import { nextRoot, nextTargets, requireSameChange, type TargetsDraft } from './ceremony.ts'
import { fetchTrust } from './exchange.ts'
import { readFolder, writeFiles, writeMetadata } from './folder.ts'

/** A cloud that serves whatever it likes: an operator's folder takes only what its own root vouches for. */
const newSigner = (): Signer => signerOf(generateKeyPairSync('ed25519').privateKey)
const [alice, bob, thief] = [newSigner(), newSigner(), newSigner()]
const online = newSigner().key.keyVal.public!
const cloudKeys = {
  ...{ snapshot: online, timestamp: online },
  desired: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43), kid: 'B'.repeat(43) } as const,
}
const when = { now: Date.now(), days: 30 }
const people = { keys: [alice.key, bob.key], threshold: 2 }
const firstRoot = (role = people) => nextRoot(undefined, { root: role, targets: role, cloudKeys, ...when })
const signedBy = <M extends RootMetadata | TargetsMetadata>(metadata: M, ...signers: Signer[]): M => {
  addSignatures(metadata, signers)
  return metadata
}
const bundle = (name: string) => ({ path: `models/${name}/1.bundle`, length: 1, sha256: sha256(Buffer.from(name)) })

let path: string
let kept: Map<string, Buffer>
let targets: TargetsMetadata
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'storecast-exchange-'))
  const first = nextTargets(undefined, { cloudKeys, kept: new Map(), ...when })
  kept = new Map([...first.files.values()].map((bytes) => [sha256(bytes), bytes]))
  targets = signedBy(first.metadata, alice, bob)
  await writeFiles(path, first.files)
  await writeMetadata(path, targets)
  await writeMetadata(path, signedBy(firstRoot(), alice, bob))
})
afterEach(() => rm(path, { recursive: true }))

interface Served {
  readonly root?: RootMetadata
  readonly targets?: TargetsMetadata
  readonly draft?: TargetsDraft
}
async function fetchFrom({ draft, ...served }: Served, folder = path) {
  const own = (await readFolder(path)).standing.root!
  const inForce = { root: served.root ?? own, targets: served.targets ?? targets }
  const files = new Map([
    ['/v1/tuf/metadata/1.root.json', metadataBytes(own)],
    [`/v1/tuf/metadata/${inForce.root.signed.version}.root.json`, metadataBytes(inForce.root)],
    [`/v1/tuf/metadata/${inForce.targets.signed.version}.targets.json`, metadataBytes(inForce.targets)],
    ...(draft ? [['/v1/trust/drafts/targets', metadataBytes(draft.metadata)] as const] : []),
  ])
  for (const bytes of [...kept.values(), ...(draft?.files.values() ?? [])]) {
    for (const name of ['revoked', 'desired-keys']) files.set(`/v1/tuf/targets/${sha256(bytes)}.${name}.json`, bytes)
  }
  const status = {
    root: { version: inForce.root.signed.version, development: false },
    targets: { version: inForce.targets.signed.version },
    drafts: { root: null, targets: draft ? {} : null },
  }
  const client = { get: async () => status, bytes: async (name: string) => files.get(name)! }
  return fetchTrust(folder, client as unknown as CloudClient)
}
const next = (change: object = { approve: bundle('demand') }) => nextTargets(targets, { ...change, kept, ...when })

describe('an operator’s folder', () => {
  it('takes what enough of its people have signed, and a draft that one of them began', async () => {
    const newer = next().metadata
    expect((await fetchFrom({ targets: signedBy(newer, alice, bob) })).standing.targets?.signed.version).toBe(
      newer.signed.version,
    )
    const draft = nextTargets(newer, { revoke: { model: 'demand', version: 1, reason: 'old' }, kept, ...when })
    signedBy(draft.metadata, bob)
    const { standing } = await fetchFrom({ targets: newer, draft })
    expect(standing.pending.targets?.signed.version).toBe(draft.metadata.signed.version)
  })

  it('takes no targets, draft or root that others signed', async () => {
    const refused = (served: Served) =>
      fetchFrom(served).then(
        () => 'taken',
        (error) => error.code,
      )
    expect(await refused({ targets: signedBy(next().metadata, alice, thief) })).toBe('metadata-untrusted')
    const draft = next()
    signedBy(draft.metadata, thief)
    expect(await refused({ draft })).toBe('metadata-untrusted')
    const theirs = { keys: [thief.key], threshold: 1 }
    expect(await refused({ root: signedBy(firstRoot(theirs), thief) })).toBe('root-version')
    const { standing } = await readFolder(path)
    const second = nextRoot(standing.root, { root: theirs, targets: theirs, ...when })
    expect(await refused({ root: signedBy(second, thief, alice) })).toBe('metadata-untrusted')
    expect((await readFolder(path)).standing).toMatchObject({ pending: {} })
  })

  it('takes another first root only from its own people, and goes back for nobody', async () => {
    const own = await mkdtemp(join(tmpdir(), 'storecast-exchange-'))
    try {
      await writeMetadata(own, firstRoot())
      const theirs = signedBy(firstRoot({ keys: [thief.key], threshold: 1 }), thief)
      await expect(fetchFrom({ root: theirs }, own)).rejects.toMatchObject({ code: 'metadata-untrusted' })
    } finally {
      await rm(own, { recursive: true })
    }
    const newer = signedBy(next().metadata, alice, bob)
    await writeMetadata(path, newer)
    await expect(fetchFrom({})).rejects.toMatchObject({ code: 'cloud-behind' })
  })

  it('signs along with others what was asked for, and nothing beside it', () => {
    const asked = next().metadata
    requireSameChange(next().metadata, asked)
    const more = nextTargets(asked, { approve: bundle('evil'), kept, ...when }).metadata
    expect(targetsOf(more)).toHaveLength(targetsOf(asked).length + 1)
    expect(() => requireSameChange(more, asked)).toThrow(/something else than you ask for/)
    const forever = nextTargets(targets, { approve: bundle('demand'), kept, now: when.now, days: 3000 }).metadata
    expect(() => requireSameChange(forever, asked)).toThrow(/something else/)
  })
})
