import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Gate } from './gate.ts'
import type { Intake, Reading } from './reading.ts'
import type { Refusals } from './refusals.ts'

/** A request as the local HTTP server hands it on. */
export interface PushRequest {
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Throws, with the right status, where the body is longer. */
  body(maxBytes: number): Promise<Buffer>
}

export interface PushReply {
  readonly status: number
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface PushOptions {
  readonly gate: Gate
  readonly intake: Intake
  readonly refusals: Refusals
  /** Of a body, packed and unpacked alike. */
  readonly maxBodyBytes: number
}

export interface RefusedPart {
  /** 1-based line, or index of the item. */
  readonly at: number
  readonly reason: string
}

/** Refused parts that an answer names; it tells the number of all. */
const MOST_NAMED = 100

/** A body that cannot be read at all. */
export class PushError extends Error {
  readonly reply: PushReply
  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'PushError'
    this.reply = { status, json: { code, message, error: message } }
  }
}

/**
 * The request's body as text, unpacked.
 * @throws PushError where it is packed another way, too large or not UTF-8
 */
export async function readText(request: PushRequest, maxBytes: number): Promise<string> {
  const packed = await request.body(maxBytes)
  const encoding = request.headers['content-encoding'] ?? 'identity'
  let body: Buffer = packed
  if (encoding === 'gzip') body = await unpack(packed, maxBytes)
  else if (encoding !== 'identity') {
    throw new PushError(415, 'unsupported-encoding', `content-encoding ${encoding}: send gzip or none`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new PushError(400, 'invalid', 'the body is not UTF-8 text')
  }
}

async function unpack(packed: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await promisify(gunzip)(packed, { maxOutputLength: maxBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new PushError(413, 'too-large', `the body unpacks to over ${maxBytes} bytes: send it in parts`)
    }
    throw new PushError(400, 'invalid', `the body is not gzip: ${(error as Error).message}`)
  }
}

/** Answers once the readings are committed: 204 where all were, 400 naming what was refused, 503 where the disk refuses. */
export async function store(
  intake: Intake,
  readings: readonly Reading[],
  refused: readonly RefusedPart[],
): Promise<PushReply> {
  if (readings.length > 0) {
    try {
      await intake.accept(readings, { urgent: true })
    } catch (error) {
      const message = `nothing was stored (${(error as Error).message}): send it again`
      return { status: 503, json: { code: 'unavailable', message, error: message }, headers: { 'retry-after': '5' } }
    }
  }
  if (refused.length === 0) return { status: 204 }
  const named = refused.slice(0, MOST_NAMED)
  const list = named.map(({ at, reason }) => `${at}: ${reason}`).join('; ')
  const stored = readings.filter(({ fault }) => fault === undefined).length
  const message = `partial write: ${refused.length} refused, ${stored} stored; ${list}`
  return { status: 400, json: { code: 'invalid', message, error: message, stored, refused: named } }
}
