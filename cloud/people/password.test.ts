import { describe, expect, it } from 'vitest'
import { hashPassword, isPassword } from './password.ts'

describe('passwords', () => {
  it('are Argon2id as the reference implementation has it (phc-winner-argon2, src/test.c)', async () => {
    const kept = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    expect(await isPassword('password', kept)).toBe(true)
    expect(await isPassword('passwore', kept)).toBe(false)
  })

  it('are known again, and no two are kept alike', async () => {
    const [one, two] = [await hashPassword('correct horse'), await hashPassword('correct horse')]
    expect(one).not.toBe(two)
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect([await isPassword('correct horse', one), await isPassword('Correct horse', one)]).toEqual([true, false])
  })

  it('open nothing where there is none', async () => {
    expect(await isPassword('', null)).toBe(false)
  })
})
