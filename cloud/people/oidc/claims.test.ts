import { describe, expect, it } from 'vitest'
import { type ClaimMapping, vouchedBy } from './claims.ts'

const mapping: ClaimMapping = {
  nameClaim: 'preferred_username',
  roles: { claim: 'realm.groups', map: { ops: ['operator'], data: ['steward', 'viewer'], all: ['viewer'] } },
  limitClaim: 'sites',
}
const claims = (given: object) => ({
  iss: 'https://id.example',
  sub: 's1',
  sites: '*',
  realm: { groups: ['ops'] },
  ...given,
})
const code = (given: object) => {
  try {
    return vouchedBy(claims(given), mapping)
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('what a provider says', () => {
  it('becomes name, roles and limit', () => {
    const person = vouchedBy(
      claims({
        preferred_username: 'anna',
        realm: { groups: ['ops', 'data', 'all', 'chess'] },
        sites: 'region=eu, tier=gold',
      }),
      mapping,
    )
    expect(person).toEqual({
      ...{ issuer: 'https://id.example', subject: 's1', name: 'anna' },
      ...{ roles: ['operator', 'steward', 'viewer'], limit: { region: 'eu', tier: 'gold' } },
    })
    expect(vouchedBy(claims({ realm: { groups: 'ops' } }), mapping)).toMatchObject({ name: 's1', limit: {} })
  })

  it.each([[{ groups: [] }], [{ groups: ['chess'] }], [{ groups: ['constructor', '__proto__'] }], [{}], [null]])(
    'lets nobody in whom it gives no role: %j',
    (realm) => expect(code({ realm })).toBe('oidc-no-role'),
  )

  it.each([[undefined], [''], ['eu'], ['region='], ['region=eu,'], ['region=eu,region=us'], [{}], [['region=eu']]])(
    'lets nobody in without a limit that can be read: %j',
    (sites) => expect(code({ sites })).toBe('oidc-limit'),
  )
})
