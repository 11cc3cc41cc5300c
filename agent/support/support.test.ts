import { gunzipSync } from 'node:zlib'
import { parseTar } from 'nanotar'
import { describe, expect, it } from 'vitest'
import { MAX_BUNDLE_BYTES, makeSupportBundle } from './bundle.ts'
import { redact, redactText } from './redact.ts'

const SECRETS = {
  bearer: 'Authorization: Bearer abc.def-ghi_0123',
  login: 'mqtts://shop:hunter2@broker.example:8883/x failed',
  jws: 'desired eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJl came',
  key: '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----',
  claim: 'claim is storecast-claim-1.eyJ1cmwiOiJodHRwczovL2Nsb3Vk',
  pair: 'password=hunter2&token="abc123"',
  field: '{"device_token": "abc123", "site": "berlin"}',
}
const LEAKS = /abc\.def|hunter2|c2lnbmF0|MIGHAg|eyJ1cmw|abc123/

describe('redaction', () => {
  it.each(Object.entries(SECRETS))('takes out a %s', (_what, text) => {
    expect(redactText(text)).not.toMatch(LEAKS)
    expect(redactText(text)).toContain('[redacted]')
    expect(JSON.stringify(redact({ deep: [{ text }] }))).not.toMatch(LEAKS)
  })

  it('takes out fields by their names, and leaves what is none', () => {
    const config = {
      device: 'berlin-1',
      http: { port: 8480, token: 'abc123', tokenFile: '/etc/storecast/http' },
      sources: [{ kind: 'mqtt', url: 'mqtt://127.0.0.1:1883', username: 'shop', password: 'hunter2' }],
    }
    expect(redact(config)).toEqual({
      device: 'berlin-1',
      http: { port: 8480, token: '[redacted]', tokenFile: '/etc/storecast/http' },
      sources: [{ kind: 'mqtt', url: 'mqtt://127.0.0.1:1883', username: 'shop', password: '[redacted]' }],
    })
    expect(redactText('no link to mqtts://cloud.example:8883: connect ECONNREFUSED')).toBe(
      'no link to mqtts://cloud.example:8883: connect ECONNREFUSED',
    )
    expect(redact({ token: null, hasToken: true })).toEqual({ token: null, hasToken: true })
  })
})

describe('a support bundle', () => {
  const bundle = (logLines: readonly string[]) =>
    makeSupportBundle({
      status: () => ({ link: { trouble: SECRETS.login } }),
      config: () => ({ device: 'berlin-1', httpToken: 'abc123' }),
      logLines: () => logLines,
      doctor: async () => [`[ ok ] broker ${SECRETS.bearer}`],
    })
  const filesOf = (archive: Buffer) =>
    parseTar(new Uint8Array(gunzipSync(archive))).map(({ name, text }) => [name, text] as const)

  it('holds status, config, log and the doctor’s words, and nothing secret', async () => {
    const files = filesOf(await bundle(Object.values(SECRETS).map((msg) => JSON.stringify({ level: 40, msg }))))
    expect(files.map(([name]) => name)).toEqual(['status.json', 'config.json', 'doctor.txt', 'log.jsonl'])
    for (const [, text] of files) expect(text).not.toMatch(LEAKS)
  })

  it('has a largest size, whatever the log holds; the newest lines stay', async () => {
    const noise = () => Array.from({ length: 400 }, () => Math.random().toString(36)).join('')
    const lines = Array.from({ length: 300 }, (_, n) => JSON.stringify({ n, noise: noise() }))
    const archive = await bundle(lines)
    expect(archive.length).toBeLessThanOrEqual(MAX_BUNDLE_BYTES)
    const log = Object.fromEntries(filesOf(archive))['log.jsonl']!.trim().split('\n')
    expect(JSON.parse(log.at(-1)!).n).toBe(299)
    expect(log.length).toBeGreaterThan(1)
  })
})
