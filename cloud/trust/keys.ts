import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { Key, Signature } from '@tufjs/models'
import { canonicalJson } from '../platform/canonical.ts'

/** An Ed25519 key pair that signs metadata of The Update Framework. */
export interface Signer {
  readonly key: Key
  sign(bytes: Uint8Array): Signature
}

/** A public key as metadata names it: its id is the SHA-256 of its canonical JSON (TUF specification, 4.2). */
export function publicTufKey(hex: string): Key {
  const fields = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: hex } }
  const keyID = createHash('sha256').update(canonicalJson(fields)).digest('hex')
  return new Key({ keyID, keyType: fields.keytype, scheme: fields.scheme, keyVal: fields.keyval })
}

/** @param key an Ed25519 private key. */
export function signerOf(key: KeyObject): Signer {
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  const tufKey = publicTufKey(Buffer.from(x!, 'base64url').toString('hex'))
  return {
    key: tufKey,
    sign: (bytes) => new Signature({ keyID: tufKey.keyID, sig: sign(null, bytes, key).toString('hex') }),
  }
}
