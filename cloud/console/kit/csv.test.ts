import { describe, expect, it } from 'vitest'
import { csvOf } from './csv.ts'

describe('CSV', () => {
  it('quotes what has to be, and keeps the rest as it is', () => {
    expect(
      csvOf(
        ['a', 'b'],
        [
          ['x,y', 'say "hi"'],
          [1.5, null],
          [true, 'two\nlines'],
        ],
      ),
    ).toBe('a,b\r\n"x,y","say ""hi"""\r\n1.5,\r\ntrue,"two\nlines"')
  })

  it.each(['=1+1', '+1', '-1', '@A1', '\t=1'])('hands no spreadsheet the formula %j', (text) => {
    expect(csvOf(['a'], [[text]]).split('\r\n')[1]).toMatch(/^"?'/)
  })

  it('leaves negative numbers numbers', () => {
    expect(csvOf(['a'], [[-1]])).toBe('a\r\n-1')
  })
})
