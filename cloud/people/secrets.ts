import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits: a plain digest keeps it, there is nothing to guess from. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

export const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()
