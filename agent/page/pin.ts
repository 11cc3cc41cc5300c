import { randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { makeDirectory, readWhole, replaceFile } from '../platform/files.ts'

/** What is kept of a PIN. Its `id` is new with every PIN: what was opened with another is closed. */
const KeptPin = z.object({
  id: z.string().min(1).max(64),
  salt: z.base64().max(64),
  hash: z.base64().max(128),
  cost: z
    .int()
    .min(1024)
    .max(1 << 17),
})
export type KeptPin = z.infer<typeof KeptPin>

/** The PIN is none that is taken; the message says what one looks like. */
export class PinRefused extends Error {
  override readonly name = 'PinRefused'
  readonly code = 'pin-refused'
}

const DIGITS = /^\d{6,12}$/
const RANDOM_DIGITS = 6
const LARGEST = 4096

/**
 * 32 MB and some 0.2 s on a Raspberry Pi 4, with `parallel` passes one after the other: one of the settings of OWASP's
 * password storage cheat sheet. Against who reads the disk six digits stand for hours; what guards them is the limit on tries.
 */
const SCRYPT = { cost: 1 << 15, blockSize: 8, parallel: 3, bytes: 32 } as const

/** @throws PinRefused */
export function requirePin(text: string): string {
  const pin = text.trim()
  if (!DIGITS.test(pin)) throw new PinRefused('a PIN is 6 to 12 digits')
  const steps = new Set([...pin].slice(1).map((digit, i) => Number(digit) - Number(pin[i])))
  const [step] = steps
  if (steps.size === 1 && Math.abs(step!) <= 1)
    throw new PinRefused('a PIN of equal digits, or of digits in a row such as 123456, is the first that is tried')
  return pin
}

/** Six digits that nobody chose. */
export function randomPin(): string {
  for (;;) {
    const pin = String(randomInt(10 ** RANDOM_DIGITS)).padStart(RANDOM_DIGITS, '0')
    try {
      return requirePin(pin)
    } catch (error) {
      if (!(error instanceof PinRefused)) throw error
    }
  }
}

/** Replaces the PIN; sessions of the one before end. @throws PinRefused */
export async function setPin(file: string, text: string): Promise<void> {
  const pin = requirePin(text)
  const salt = randomBytes(16)
  const kept: KeptPin = {
    id: randomBytes(9).toString('base64url'),
    salt: salt.toString('base64'),
    hash: (await derive(pin, salt, SCRYPT.cost)).toString('base64'),
    cost: SCRYPT.cost,
  }
  await makeDirectory(dirname(file))
  await replaceFile(file, `${JSON.stringify(kept, null, 2)}\n`)
}

/** What a file that makes no sense stands for: a PIN that nobody knows, until another is set. */
const UNKNOWABLE: KeptPin = { id: 'unreadable', salt: '', hash: '', cost: 1024 }

/** Undefined where none was set. */
export async function readPin(file: string): Promise<KeptPin | undefined> {
  const bytes = await readWhole(file, LARGEST)
  if (bytes === undefined) return undefined
  try {
    return KeptPin.parse(JSON.parse(bytes.toString()))
  } catch {
    return UNKNOWABLE
  }
}

/** Takes as long where it is wrong. */
export async function isPin(kept: KeptPin, shown: string): Promise<boolean> {
  const hash = Buffer.from(kept.hash, 'base64')
  const derived = await derive(shown, Buffer.from(kept.salt, 'base64'), kept.cost)
  return derived.length === hash.length && timingSafeEqual(derived, hash)
}

function derive(pin: string, salt: Uint8Array, cost: number): Promise<Buffer> {
  const { blockSize, parallel, bytes } = SCRYPT
  const options = { N: cost, r: blockSize, p: parallel, maxmem: 256 * cost * blockSize }
  return promisify<string, Uint8Array, number, object, Buffer>(scrypt)(pin, salt, bytes, options)
}
