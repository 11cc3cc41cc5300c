import { join } from 'node:path'
import type { Pool } from 'pg'
import { type Cloud, type CloudConfig, cloudConfig, type Overrides, startCloud } from '../cloud.ts'
import { openDatabase } from '../platform/database.ts'
import { quiet, temporaryFolder } from './database.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes.
  readonly body: any
}

export interface Call {
  readonly token?: string | null
  readonly json?: unknown
  readonly bytes?: Uint8Array
  readonly headers?: Record<string, string>
}

export interface TestCloud extends AsyncDisposable {
  readonly cloud: Cloud
  readonly data: string
  /** For rows that tests put in themselves. */
  readonly pool: Pool
  /** Calls the API as an operator; `token: null` sends none. */
  call(method: string, path: string, call?: Call): Promise<Answer>
}

/** Records of tests are of any time: none is too old to keep. */
export const KEPT_FOR_GOOD = {
  keep: { windows: null, hours: null, days: null, forecasts: null, decisions: null, events: null },
}

/** A whole cloud on free ports, in a folder that goes with it. */
export async function testCloud(overrides: Overrides = {}, settings: Partial<CloudConfig> = {}): Promise<TestCloud> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const data = join(folder.path, 'data')
  const { secrets, ...rest } = settings
  const config = cloudConfig(
    {
      data,
      http: { port: 0 },
      mqtt: { port: 0 },
      devices: { port: 0 },
      mqtts: { port: 0 },
      postgres: { fsync: 'off' },
      telemetry: KEPT_FOR_GOOD,
      logLevel: 'silent',
      ...rest,
    },
    secrets,
  )
  const cloud = stack.use(await startCloud(config, { log: quiet, ...overrides }))
  const { pool } = stack.use(await openDatabase({ url: cloud.databaseUrl, log: quiet }))
  const owned = stack.move()
  return { cloud, data, pool, call: caller(cloud), [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

export const caller =
  (cloud: Pick<Cloud, 'url' | 'adminToken'>) =>
  async (method: string, path: string, { token, json, bytes, headers = {} }: Call = {}): Promise<Answer> => {
    const response = await fetch(`${cloud.url}${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token ?? cloud.adminToken}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(bytes !== undefined && { 'content-type': 'application/x-tar' }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(bytes !== undefined && { body: bytes as Uint8Array<ArrayBuffer> }),
    })
    const type = response.headers.get('content-type') ?? ''
    const answered =
      type === 'text/event-stream' ? await firstEvents(response) : new Uint8Array(await response.arrayBuffer())
    const body =
      type.includes('json') && answered.length > 0 ? JSON.parse(new TextDecoder().decode(answered)) : answered
    return { status: response.status, headers: response.headers, body }
  }

/** Of a stream that does not end: all that it begins with. */
async function firstEvents(response: Response): Promise<Uint8Array> {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    if (/^id: /m.test(text)) break
  }
  return Buffer.from(text)
}
