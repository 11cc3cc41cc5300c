import { execFileSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { changePassphrase, createKeyFile, openKeyFile, publicFileOf, readPublicFile } from './key-file.ts'

const PASSPHRASE = 'correct horse battery'

describe('a key file', () => {
  const { pem, publicFile } = createKeyFile(PASSPHRASE)

  it('opens with its passphrase and no other', () => {
    const signer = openKeyFile(pem, PASSPHRASE)
    expect(publicFileOf(signer)).toBe(publicFile)
    expect(readPublicFile(publicFile)).toEqual(signer.key)
    expect(() => openKeyFile(pem, 'correct horse staple')).toThrow(/does not open/)
    const changed = changePassphrase(pem, PASSPHRASE, 'a longer passphrase')
    expect(publicFileOf(openKeyFile(changed, 'a longer passphrase'))).toBe(publicFile)
    expect(() => openKeyFile(changed, PASSPHRASE)).toThrow(/does not open/)
  })

  it('is encrypted PKCS#8 with scrypt, as OpenSSL reads it, and signs what OpenSSL’s key verifies', () => {
    const text = execFileSync('openssl', ['asn1parse'], { input: pem, encoding: 'utf8' })
    expect(text).toMatch(/:PBES2[\s\S]*:scrypt[\s\S]*:aes-256-cbc/)
    const spki = execFileSync('openssl', ['pkey', '-passin', `pass:${PASSPHRASE}`, '-pubout'], { input: pem })
    const bytes = Buffer.from('what was signed')
    const { sig } = openKeyFile(pem, PASSPHRASE).sign(bytes)
    expect(verify(null, bytes, createPublicKey(spki), Buffer.from(sig, 'hex'))).toBe(true)
  })

  it('is not made with a short passphrase, nor opened where it is none', () => {
    expect(() => createKeyFile('short')).toThrow(/at least 12/)
    expect(() => openKeyFile(publicFile, PASSPHRASE)).toThrow(/no encrypted key file/)
    expect(() => readPublicFile(pem)).toThrow(/no public key file/)
    const { public: hex, ...rest } = JSON.parse(publicFile)
    expect(() => readPublicFile(JSON.stringify({ ...rest, public: 'f'.repeat(64) }))).toThrow(/damaged/)
    expect(hex).toMatch(/^[0-9a-f]{64}$/)
  })
})
