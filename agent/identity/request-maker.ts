/**
 * A child process that makes one key and one certificate request, and ends: the library for it takes 20 MB, once in months.
 * The key goes to the parent through their channel alone.
 */
import 'reflect-metadata'
import { generateKeyPairSync, type webcrypto } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { endWithParent } from '../platform/spawn.ts'
import type { KeyAndRequest } from './request.ts'

/** ECDSA over P-256: what Mosquitto, OpenSSL, Node and every hardware key store take. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

endWithParent()
const device = process.argv[2] ?? ''
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = {
  privateKey: privateKey.toCryptoKey(ALGORITHM, false, ['sign']) as webcrypto.CryptoKey,
  publicKey: publicKey.toCryptoKey(ALGORITHM, true, ['verify']) as webcrypto.CryptoKey,
}
const csr = await Pkcs10CertificateRequestGenerator.create({ name: `CN=${device}`, keys, signingAlgorithm: ALGORITHM })
const made: KeyAndRequest = {
  key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  csr: csr.toString('pem'),
}
process.send?.(made, () => process.disconnect())
