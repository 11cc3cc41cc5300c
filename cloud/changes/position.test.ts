import { expect, it } from 'vitest'
import { fromText, isKept } from './position.ts'

const history = { incarnation: '0a1b2c3d', snapshot: '200:210:203', floor: '100' }
const at = (snapshot: string, incarnation = history.incarnation) => ({ incarnation, snapshot })

it('reads what it wrote, and nothing that PostgreSQL would refuse', () => {
  expect(fromText('0a1b2c3d.200:210:203,205')).toEqual(at('200:210:203,205'))
  expect(fromText('0a1b2c3d.200:200:')).toEqual(at('200:200:'))
  for (const text of [
    '',
    'x',
    '0a1b2c3d.1:2',
    '0a1b2c3d.0:2:',
    '0a1b2c3d.5:2:',
    '0a1b2c3d.1:9:9',
    '0a1b2c3d.1:9:5,3',
  ]) {
    expect(fromText(text), text).toBeUndefined()
  }
  expect(fromText(`0a1b2c3d.1:9223372036854775808:`)).toBeUndefined()
})

it('knows whether all since a position is there', () => {
  expect(isKept(at('150:150:'), history)).toBe(true)
  expect(isKept(at('100:190:150'), history)).toBe(true)
  // Something may be forgotten that it has not seen.
  expect(isKept(at('99:190:'), history)).toBe(false)
  // Of what this database has lost, or of another one.
  expect(isKept(at('150:211:'), history)).toBe(false)
  expect(isKept(at('150:150:', 'ffffffff'), history)).toBe(false)
})
