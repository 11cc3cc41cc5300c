import fc from 'fast-check'
import { expect, it } from 'vitest'
import { KnownNames } from './known-names.ts'

const textOf = (known: KnownNames, text: string) => {
  const bytes = Buffer.from(`<${text}>`)
  return known.text(bytes, 1, bytes.length - 1)
}

it('gives the text of any short ASCII bytes, however often and in whatever order they come', () => {
  const known = new KnownNames()
  const name = fc.string({ unit: 'binary-ascii', maxLength: 64 })
  fc.assert(
    fc.property(fc.array(name, { maxLength: 30 }), (names) => {
      for (const one of [...names, ...names]) expect(textOf(known, one)).toBe(one)
    }),
  )
})

it('keeps two names apart whose bytes have one hash', () => {
  // Known collisions of FNV-1a in 32 bits: the first and second of these, the third and fourth.
  const known = new KnownNames()
  for (const name of ['costarring', 'liquid', 'costarring', 'declinate', 'macallums', 'declinate']) {
    expect(textOf(known, name)).toBe(name)
  }
})

it('leaves what is no ASCII, or longer than a name, to others', () => {
  const known = new KnownNames()
  expect(textOf(known, 'Größe')).toBeUndefined()
  expect(textOf(known, 'a'.repeat(65))).toBeUndefined()
})

it('judges keys of series, the same each time', () => {
  const known = new KnownNames()
  for (let times = 0; times < 2; times++) {
    expect(known.complaint({ sensor: 'sales', entity: '1042' })).toBeUndefined()
    expect(known.complaint({ sensor: '$feature', entity: '' })).toBeUndefined()
    expect(known.complaint({ sensor: 'Sales', entity: '' })).toBe('not a sensor name')
    expect(known.complaint({ sensor: 'sales', entity: 'a b' })).toBe('not an entity')
  }
})
