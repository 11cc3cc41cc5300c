import { expect, it } from 'vitest'
import { percent, sparkline, table } from './table.ts'

it('sets numbers flush right and words flush left', () => {
  expect(
    table(
      ['shop', 'WAPE', 'units'],
      [
        ['shop-1', percent(0.264), 12],
        ['the long one', percent(0.1), 1234],
      ],
    ),
  ).toEqual([
    'shop            WAPE  units',
    '────────────  ──────  ─────',
    'shop-1        26.4 %     12',
    'the long one  10.0 %   1234',
  ])
})

it('draws values between zero and the largest, and leaves gaps where nothing is known', () => {
  expect(sparkline([0, 1, null, 4, 8])).toBe('▁▂ ▅█')
  expect(sparkline([0, 0])).toBe('▁▁')
  expect(sparkline([1, 2], 4)).toBe('▃▅')
})
