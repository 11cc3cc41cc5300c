import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatClaim, parseClaim } from './claim.ts'

const CLAIM = { url: 'https://cloud.example:8443', secret: 'A'.repeat(43), ca: 'a'.repeat(64), root: 'b'.repeat(64) }

describe('claims', () => {
  it('are one line without blanks that says the same again', () => {
    const text = formatClaim(CLAIM)
    expect(text).toMatch(/^storecast-claim-1\.[A-Za-z0-9_-]+$/)
    expect(parseClaim(text)).toEqual(CLAIM)
  })

  it('are refused in any other shape, without repeating the secret', () => {
    const text = formatClaim(CLAIM)
    const changed = fc.tuple(fc.nat(text.length - 1), fc.constantFrom('!', ' ', '', '_0')).map(([at, by]) => {
      return text.slice(0, at) + by + text.slice(at + 1)
    })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((more) => `storecast-claim-1.${more}`),
          changed,
        ),
        (given) => {
          try {
            expect(Object.keys(parseClaim(given))).toEqual(Object.keys(CLAIM))
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError)
            expect((error as Error).message).not.toContain(CLAIM.secret)
          }
        },
      ),
    )
    expect(() => parseClaim(formatClaim({ ...CLAIM, url: 'http://cloud.example' }))).toThrow(/damaged/)
    expect(() => parseClaim(`${text}${'A'.repeat(3000)}`)).toThrow(/at most 2048/)
  })
})
