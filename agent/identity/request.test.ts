import { describe, expect, it } from 'vitest'
import { makeRequest } from './request.ts'

describe('makeRequest', () => {
  it('makes a new key each time, and a request for the device', async () => {
    const [one, two] = await Promise.all([makeRequest('north-1'), makeRequest('north-1')])
    expect(one.key).toMatch(/^-----BEGIN PRIVATE KEY-----/)
    expect(one.csr).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----/)
    expect(one.key).not.toBe(two.key)
  })
})
