import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  type webcrypto,
  X509Certificate,
} from 'node:crypto'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { InvalidError, SetupError } from '../platform/errors.ts'
import { readText, writeAtomic } from '../platform/files.ts'
import * as x509 from './x509.ts'

/** ECDSA over P-256: what Mosquitto, OpenSSL, Node and every hardware key store take. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000
/** The authority outlives the hardware that trusts it. */
const AUTHORITY_DAYS = 20 * 365
/** A device whose clock runs behind takes what was issued just now. */
const BACKDATED_MS = 3_600_000

/** Files of a key and certificate made elsewhere. */
export interface AuthorityFiles {
  readonly keyFile: string
  readonly certificateFile: string
}

export interface Issued {
  /** Lower-case hex. */
  readonly serial: string
  readonly pem: string
  readonly issuedAt: number
  readonly expiresAt: number
}

export interface SigningRequest {
  readonly commonName: string
  /** SHA-256 of the public key's SubjectPublicKeyInfo. */
  readonly keyHash: Buffer
  readonly publicKey: x509.PublicKey
}

interface Validity {
  readonly now: number
  readonly days: number
}

/** The deployment's own certificate authority: devices, the broker and the devices' listener have theirs from it. */
export interface Authority {
  /** PEM. */
  readonly certificate: string
  /** SHA-256 of the certificate's DER, in hex: what claims name. */
  readonly digest: string
  /** For a client, with the name as its CN. */
  issueClient(request: SigningRequest, validity: Validity): Promise<Issued>
  /** For a server, with host names or addresses. */
  issueServer(publicKey: x509.PublicKey, names: readonly string[], validity: Validity): Promise<Issued>
  /** PEM of the list of what is revoked. */
  list(entries: readonly { serial: string; revokedAt: number }[], at: { number: number; now: number }): Promise<string>
  /** Who a certificate is of, if it is this authority's and a client's; whether it has expired is for the caller to judge. */
  identify(certificate: X509Certificate): ClientCertificate | undefined
}

export interface ClientCertificate {
  readonly certificate: X509Certificate
  readonly device: string
  readonly serial: string
  /** Unix ms. */
  readonly notBefore: number
  readonly expiresAt: number
}

/** Its list is made anew daily, and long before this: where nobody does, certificates go on to work. */
const LIST_DAYS = 365
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2'

/**
 * Opens the authority of a data folder, or makes it: `ca.key` (0600) and `ca.pem`. The key is in no database and no
 * backup of one.
 * @throws SetupError `authority-invalid` where files that were given do not make one.
 */
export async function openAuthority(
  folder: string,
  files: AuthorityFiles | undefined,
  now: number,
): Promise<Authority> {
  const { keyFile, certificateFile } = files ?? {
    keyFile: join(folder, 'ca.key'),
    certificateFile: join(folder, 'ca.pem'),
  }
  if (!files && (await readText(certificateFile)) === undefined) {
    const made = await makeAuthority(now)
    await writeAtomic(keyFile, made.key, 0o600)
    // Last: an authority without its certificate is made again, and nobody has heard of it.
    await writeAtomic(certificateFile, made.certificate, 0o644)
  }
  const [key, certificate] = [await readText(keyFile), await readText(certificateFile)]
  if (key === undefined || certificate === undefined) {
    throw invalid(`${key === undefined ? keyFile : certificateFile} is missing; restore it from where you keep it`)
  }
  return authorityOf(key, certificate, { keyFile, certificateFile })
}

async function makeAuthority(now: number): Promise<{ key: string; certificate: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys = {
    privateKey: privateKey.toCryptoKey(ALGORITHM, false, ['sign']) as webcrypto.CryptoKey,
    publicKey: publicKey.toCryptoKey(ALGORITHM, true, ['verify']) as webcrypto.CryptoKey,
  }
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    // Several deployments may meet in one trust store.
    name: `CN=Storecast authority ${randomBytes(4).toString('hex')}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificate: `${certificate.toString('pem')}\n`,
  }
}

async function authorityOf(keyPem: string, certificatePem: string, files: AuthorityFiles): Promise<Authority> {
  let signingKey: webcrypto.CryptoKey
  let own: X509Certificate
  try {
    const key = createPrivateKey(keyPem)
    own = new X509Certificate(certificatePem)
    if (!own.ca || !own.checkPrivateKey(key)) throw new Error('they are not a certificate of an authority and its key')
    signingKey = key.toCryptoKey(ALGORITHM, false, ['sign']) as webcrypto.CryptoKey
  } catch (cause) {
    throw invalid(`${files.keyFile} and ${files.certificateFile}: ${(cause as Error).message}`, cause)
  }
  const issuer = new x509.X509Certificate(own.raw)
  const authorityKey = await x509.AuthorityKeyIdentifierExtension.create(issuer)
  const issue = async (given: {
    publicKey: x509.PublicKey
    subject: string
    validity: Validity
    extensions: x509.Extension[]
  }): Promise<Issued> => {
    const { publicKey, subject, validity, extensions } = given
    const serial = newSerial()
    const expiresAt = Math.min(validity.now + validity.days * DAY_MS, Date.parse(own.validTo))
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      issuer: issuer.subjectName,
      subject,
      publicKey,
      signingKey,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(validity.now - BACKDATED_MS),
      notAfter: new Date(expiresAt),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        authorityKey,
        ...extensions,
      ],
    })
    return { serial, pem: `${certificate.toString('pem')}\n`, issuedAt: validity.now, expiresAt }
  }
  return {
    certificate: certificatePem,
    digest: createHash('sha256').update(own.raw).digest('hex'),
    issueClient: ({ commonName, publicKey }, validity) =>
      issue({
        publicKey,
        subject: `CN=${commonName}`,
        validity,
        extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
      }),
    issueServer: (publicKey, names, validity) =>
      issue({
        publicKey,
        subject: 'CN=Storecast server',
        validity,
        extensions: [
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
          ),
        ],
      }),
    async list(entries, { number, now }) {
      const list = await x509.X509CrlGenerator.create({
        issuer: issuer.subjectName,
        // Of several lists OpenSSL goes by the one with the latest time, and it compares seconds.
        thisUpdate: new Date(Math.max(0, number * 1000 - BACKDATED_MS)),
        nextUpdate: new Date(now + LIST_DAYS * DAY_MS),
        entries: entries.map(({ serial, revokedAt }) => ({
          serialNumber: serial,
          revocationDate: new Date(revokedAt),
        })),
        extensions: [authorityKey, crlNumber(number)],
        signingKey,
        signingAlgorithm: ALGORITHM,
      })
      return `${x509.PemConverter.encode(list.rawData, 'X509 CRL')}\n`
    },
    identify(certificate) {
      if (!certificate.checkIssued(own) || !certificate.verify(own.publicKey)) return undefined
      if (!certificate.keyUsage?.includes(CLIENT_AUTHENTICATION)) return undefined
      const { CN } = certificate.toLegacyObject().subject as { CN?: unknown }
      if (typeof CN !== 'string') return undefined
      return {
        certificate,
        device: CN,
        serial: certificate.serialNumber.toLowerCase(),
        notBefore: Date.parse(certificate.validFrom),
        expiresAt: Date.parse(certificate.validTo),
      }
    },
  }
}

/** @throws InvalidError `csr-invalid` */
export async function readRequest(pem: string): Promise<SigningRequest> {
  const refuse = (what: string, cause?: unknown) =>
    new InvalidError({
      code: 'csr-invalid',
      message: `The certificate request is not usable: ${what}. Send PKCS#10 as PEM, for a key on P-256, signed with it.`,
      cause,
    })
  let request: x509.Pkcs10CertificateRequest
  try {
    request = new x509.Pkcs10CertificateRequest(pem)
    const { name, namedCurve } = request.publicKey.algorithm as { name: string; namedCurve?: string }
    if (name !== 'ECDSA' || namedCurve !== 'P-256') throw new Error(`the key is ${name} ${namedCurve ?? ''}`)
    if (!(await request.verify())) throw new Error('its signature does not match')
  } catch (cause) {
    throw refuse((cause as Error).message, cause)
  }
  const names = request.subjectName.getField('CN')
  if (names.length !== 1) throw refuse(`it has ${names.length} common names`)
  const keyHash = createHash('sha256').update(new Uint8Array(request.publicKey.rawData)).digest()
  return { commonName: names[0]!, keyHash, publicKey: request.publicKey }
}

/** Serials of a list that this authority made; what cannot be read is no list. */
export function readList(pem: string): readonly { readonly serial: string; readonly revokedAt: number }[] {
  return new x509.X509Crl(pem).entries.map(({ serialNumber, revocationDate }) => ({
    serial: serialNumber.toLowerCase(),
    revokedAt: revocationDate.getTime(),
  }))
}

/** 127 random bits (RFC 5280 §4.1.2.2), with a first byte that every tool writes alike. */
function newSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = 0x40 | (bytes[0]! & 0x3f)
  return bytes.toString('hex')
}

/** RFC 5280 §5.2.3: an INTEGER that only grows. */
function crlNumber(number: number): x509.Extension {
  const digits = BigInt(number).toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  const positive = bytes[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
  return new x509.Extension('2.5.29.20', false, Buffer.concat([Buffer.of(0x02, positive.length), positive]))
}

const invalid = (what: string, cause?: unknown) =>
  new SetupError({ code: 'authority-invalid', message: `The certificate authority cannot be used: ${what}.`, cause })
