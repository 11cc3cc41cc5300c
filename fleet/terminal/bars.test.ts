import { expect, it } from 'vitest'
import { intervalLine, stackedBar } from './bars.ts'

it('gives each part its share of the bar, and one column at least', () => {
  const parts = (...amounts: number[]) => amounts.map((amount, at) => ({ amount, fill: 'abc'[at]! }))
  expect(stackedBar(parts(5, 3, 0), 10, 10)).toBe('aaaaabbb··')
  expect(stackedBar(parts(999, 1, 1), 1000, 10)).toBe('aaaaaaaabc')
  expect(stackedBar(parts(1), 2000, 4)).toBe('a···')
  expect(stackedBar([], 0, 3)).toBe('···')
})

it('draws bounds against zero and the margin', () => {
  const line = (lower: number, value: number, upper: number) => intervalLine({ lower, value, upper, margin: 3 }, 19)
  expect(line(-1, 0.5, 2)).toEqual({ line: '───────┝━┼●━━┥─┊───', most: 4.5 })
  expect(line(1, 5, 30).line).toMatch(/^─{9}┼┝━┊━●━*▶$/)
  expect(line(-30, -1, 1).line).toMatch(/^◀━+●┼/)
})
