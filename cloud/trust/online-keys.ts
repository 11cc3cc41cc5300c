import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import type { DesiredKey } from '@storecast/shared/contracts'
import { calculateJwkThumbprint } from 'jose'
import { SetupError } from '../platform/errors.ts'
import { mkdir, readText, rm, writeAtomic } from '../platform/files.ts'
import { type Signer, signerOf } from './keys.ts'

/**
 * The keys that a cloud signs with by itself, in a folder of their own: not in the database, and in no backup of it. What
 * they sign chooses among what operators approved, so that whoever steals them cannot bring a model of their own.
 */
export interface OnlineKeys {
  readonly snapshot: Signer
  readonly timestamp: Signer
  readonly desired: { readonly privateKey: KeyObject; readonly public: DesiredKey }
}

/** Opens the keys, and makes those that are not there yet. @throws SetupError `key-invalid`. */
export async function openOnlineKeys(folder: string): Promise<OnlineKeys> {
  const privateKey = await openKey(folder, 'desired')
  const { kty, crv, x } = createPublicKey(privateKey).export({ format: 'jwk' })
  const jwk = { kty: kty!, crv: crv!, x: x! }
  const kid = await calculateJwkThumbprint(jwk)
  return {
    snapshot: signerOf(await openKey(folder, 'snapshot')),
    timestamp: signerOf(await openKey(folder, 'timestamp')),
    desired: { privateKey, public: { kty: 'OKP', crv: 'Ed25519', x: jwk.x, kid } },
  }
}

/** Root and targets keys of a cloud in development mode, which approves by itself. */
export interface DevelopmentKeys {
  readonly root: Signer
  readonly targets: Signer
}

export const openDevelopmentKeys = async (folder: string): Promise<DevelopmentKeys> => ({
  root: signerOf(await openKey(folder, 'development-root')),
  targets: signerOf(await openKey(folder, 'development-targets')),
})

/** The development keys, where there are any: an operators' root takes over from them once. */
export async function findDevelopmentKeys(folder: string): Promise<DevelopmentKeys | undefined> {
  const there = await readText(join(folder, 'development-root.pem'))
  return there === undefined ? undefined : openDevelopmentKeys(folder)
}

/** What they could sign is in force no more, and must not come into force again. */
export async function forgetDevelopmentKeys(folder: string): Promise<void> {
  for (const name of ['development-root', 'development-targets']) await rm(join(folder, `${name}.pem`), { force: true })
}

/** PKCS#8 in PEM, readable by this user alone. */
async function openKey(folder: string, name: string): Promise<KeyObject> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${name}.pem`)
  const text = await readText(path)
  if (text === undefined) {
    const { privateKey } = generateKeyPairSync('ed25519')
    await writeAtomic(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
    return privateKey
  }
  try {
    const key = createPrivateKey(text)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (cause) {
    throw invalidKey(path, cause)
  }
  throw invalidKey(path)
}

const invalidKey = (path: string, cause?: unknown) =>
  new SetupError({
    code: 'key-invalid',
    message: `${path} is not an Ed25519 private key in PKCS#8 PEM. Put the right file back from your copy of this folder; if there is none, move the file away, and have the operators sign a root that names the new key.`,
    cause,
  })
