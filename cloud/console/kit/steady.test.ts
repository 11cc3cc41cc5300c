import { expect, it } from 'vitest'
import { heldText, steadyRows } from './steady.ts'

const rowId = (row: string) => row[0]!
const look = (before: string, now: string, hasMore = false) => {
  const { rows, ...held } = steadyRows({ before: before.split(' '), now: now.split(' '), rowId, hasMore })
  return [rows.map(({ row, isGone }) => (isGone ? `(${row})` : row)).join(' '), heldText(held)]
}

it.each([
  ['a1 b1 c1', 'a2 b1 c2', 'a2 b1 c2', undefined],
  ['a b c', 'x a y b c', 'a b c', '2 new'],
  ['a b c', 'a b c d e', 'a b c d e', undefined],
  ['a b c', 'x b c d', '(a) b c d', '1 new, 1 gone'],
  ['a b c', 'c a b', 'a b c', 'another order'],
  ['a b c', 'c b', '(a) b c', '1 gone'],
])('%s, now %s, stands as %s, and holds back: %s', (before, now, shown, held) => {
  expect(look(before, now)).toEqual([shown, held])
})

it('takes for gone only what would have been on the pages that are shown', () => {
  expect(look('a b c', 'x a b', true)).toEqual(['a b c', '1 new'])
  expect(look('a b c', 'x a c', true)).toEqual(['a (b) c', '1 new, 1 gone'])
  expect(look('a b', 'x y', true)).toEqual(['a b x y', undefined])
})
