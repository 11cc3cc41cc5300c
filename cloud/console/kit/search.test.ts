import { expect, it } from 'vitest'
import { oneOf, present, text } from './search.ts'

it('has of an address what is there, and nothing else that could be kept or counted', () => {
  const given = { q: 'shop', state: 'nowhere', more: 1 }
  const search = { ...text(given, 'q'), ...text(given, 'site'), ...oneOf(given, 'state', ['reduced']) }
  expect(new URLSearchParams(present(search)).toString()).toBe('q=shop')
  expect(Object.keys(present(search))).toEqual(['q'])
})
