import { createPublicKey, verify } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DesiredState } from '@storecast/shared/contracts'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../test/database.ts'
import { openOnlineKeys } from './online-keys.ts'
import { desiredSigner } from './sign-desired.ts'

const state = (models: DesiredState['models'] = {}) =>
  DesiredState.parse({
    ...{ version: 1, device: 'shop-1', generation: 7, expires: 8, site: 'shop', api: 'https://cloud.example' },
    ...{ documents: {}, models },
  })

it('a desired state is a compact JWS by the key that desired-keys.json names', async () => {
  await using folder = await temporaryFolder()
  const { desired, ...keys } = await openOnlineKeys(folder.path)
  const jws = await desiredSigner({ desired, ...keys })(state())
  const [header, payload, signature] = jws.split('.')
  const decode = (part: string | undefined) => Buffer.from(part!, 'base64url')
  expect(JSON.parse(decode(header).toString())).toEqual({
    ...{ alg: 'EdDSA', kid: desired.public.kid, typ: 'storecast-desired+jws' },
  })
  expect(JSON.parse(decode(payload).toString())).toEqual(state())
  // RFC 7515, 5.1: the signature is over the first two parts as they travel.
  const { kty, crv, x } = desired.public
  const key = createPublicKey({ key: { kty, crv, x }, format: 'jwk' })
  expect(verify(null, Buffer.from(`${header}.${payload}`), key, decode(signature))).toBe(true)
  // The same key after a restart.
  expect((await openOnlineKeys(folder.path)).desired.public).toEqual(desired.public)
})

it('a state that no device would take is not signed', async () => {
  await using folder = await temporaryFolder()
  const sign = desiredSigner(await openOnlineKeys(folder.path))
  const bundle = { sha256: 'a'.repeat(64), bytes: 1 }
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`model-${n}`, { version: 1, bundle }]))
  expect((await sign(state(many(300)))).length).toBeLessThanOrEqual(64 * 1024)
  await expect(sign(state(many(500)))).rejects.toMatchObject({ code: 'desired-too-large' })
})

it('a key file that is none is named', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'timestamp.pem'), 'not a key')
  await expect(openOnlineKeys(folder.path)).rejects.toMatchObject({
    code: 'key-invalid',
    message: expect.stringContaining('timestamp.pem'),
  })
})
