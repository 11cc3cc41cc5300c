import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  scryptSync,
} from 'node:crypto'
import { publicTufKey, type Signer, signerOf } from '@storecast/cloud/trust'
import { Integer, ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import { z } from 'zod'

/** A key file cannot be made, read or opened. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError'
  readonly code: 'passphrase-short' | 'passphrase-wrong' | 'key-invalid'
  constructor(code: KeyFileError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const SHORTEST_PASSPHRASE = 12
/** OWASP's password storage cheat sheet; the memory, 16 MB, is what OpenSSL takes without being asked to. */
const SCRYPT = { N: 16_384, r: 8, p: 5 } as const
const OID = { pbes2: '1.2.840.113549.1.5.13', scrypt: '1.3.6.1.4.1.11591.4.11', aes256cbc: '2.16.840.1.101.3.4.1.42' }

/** The public half, which is handed around: `key show` prints it. */
const PublicKeyFile = z.strictObject({
  keyid: z.string(),
  keytype: z.literal('ed25519'),
  scheme: z.literal('ed25519'),
  public: z.string().regex(/^[0-9a-f]{64}$/),
})

/**
 * Makes an Ed25519 key.
 * @returns the private half as an encrypted PKCS#8 PEM (PBES2 with scrypt, RFC 7914, and AES-256-CBC), which OpenSSL reads
 *   too; and the public half as JSON
 * @throws KeyFileError `passphrase-short`
 */
export function createKeyFile(passphrase: string): { readonly pem: string; readonly publicFile: string } {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { pem: encryptKey(privateKey, passphrase), publicFile: publicFileOf(signerOf(privateKey)) }
}

/** The same key under another passphrase. @throws KeyFileError */
export const changePassphrase = (pem: string, before: string, after: string): string =>
  encryptKey(decryptKey(pem, before), after)

/** @throws KeyFileError `passphrase-wrong`, `key-invalid` */
export const openKeyFile = (pem: string, passphrase: string): Signer => signerOf(decryptKey(pem, passphrase))

/** @throws KeyFileError `key-invalid` */
export function readPublicFile(text: string): Signer['key'] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new KeyFileError(
      'key-invalid',
      'this is no public key file: give the .pub that "storecast key create" wrote',
      {
        cause,
      },
    )
  }
  const parsed = PublicKeyFile.safeParse(json)
  const key = parsed.success ? publicTufKey(parsed.data.public) : undefined
  if (key && parsed.data?.keyid === key.keyID) return key
  throw new KeyFileError('key-invalid', 'the public key file is damaged: its key has another id than it says')
}

export const publicFileOf = ({ key }: Signer): string =>
  `${JSON.stringify({ keyid: key.keyID, keytype: key.keyType, scheme: key.scheme, public: key.keyVal.public }, null, 1)}\n`

export const isEncryptedKey = (text: string): boolean => text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')

function encryptKey(key: KeyObject, passphrase: string): string {
  if (passphrase.length < SHORTEST_PASSPHRASE) {
    throw new KeyFileError(
      'passphrase-short',
      `a passphrase of ${passphrase.length} characters: whoever finds the file would guess it; take at least ${SHORTEST_PASSPHRASE}`,
    )
  }
  const [salt, iv] = [randomBytes(16), randomBytes(16)]
  const cipher = createCipheriv('aes-256-cbc', scryptSync(passphrase, salt, 32, SCRYPT), iv)
  const encrypted = Buffer.concat([cipher.update(key.export({ type: 'pkcs8', format: 'der' })), cipher.final()])
  // EncryptedPrivateKeyInfo of RFC 5958 with the parameters of RFC 8018 (PBES2) and RFC 7914 (scrypt).
  const numbers = [SCRYPT.N, SCRYPT.r, SCRYPT.p].map((value) => new Integer({ value }))
  const der = sequence(
    sequence(
      oid(OID.pbes2),
      sequence(sequence(oid(OID.scrypt), sequence(octets(salt), ...numbers)), sequence(oid(OID.aes256cbc), octets(iv))),
    ),
    octets(encrypted),
  )
  const base64 = Buffer.from(der.toBER())
    .toString('base64')
    .match(/.{1,64}/g)!
  return ['-----BEGIN ENCRYPTED PRIVATE KEY-----', ...base64, '-----END ENCRYPTED PRIVATE KEY-----', ''].join('\n')
}

const sequence = (...value: (Sequence | Integer | ObjectIdentifier | OctetString)[]) => new Sequence({ value })
const oid = (value: string) => new ObjectIdentifier({ value })
const octets = (valueHex: Uint8Array<ArrayBuffer>) => new OctetString({ valueHex })

function decryptKey(pem: string, passphrase: string): KeyObject {
  if (!isEncryptedKey(pem)) {
    throw new KeyFileError(
      'key-invalid',
      'this is no encrypted key file: give the .pem that "storecast key create" wrote',
    )
  }
  let key: KeyObject
  try {
    key = createPrivateKey({ key: pem, format: 'pem', passphrase })
  } catch (cause) {
    throw new KeyFileError('passphrase-wrong', 'the key file does not open with this passphrase', { cause })
  }
  if (createPublicKey(key).asymmetricKeyType === 'ed25519') return key
  throw new KeyFileError('key-invalid', `the key file holds a key of type ${key.asymmetricKeyType}, not Ed25519`)
}
