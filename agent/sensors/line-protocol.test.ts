import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeLineProtocol, type FieldValue, type Point } from './line-protocol.ts'

const one = (text: string, precision: 'ns' | 'us' | 'ms' | 's' = 'ns'): Point => {
  const { points, refused } = decodeLineProtocol(text, precision)
  expect(refused).toEqual([])
  expect(points).toHaveLength(1)
  return points[0]!
}

// The examples of InfluxData's line protocol reference.
describe('the reference examples', () => {
  it('reads tags, fields and a nanosecond stamp beyond 2^53', () => {
    const point = one('myMeasurement,tag1=value1,tag2=value2 fieldKey="fieldValue" 1556813561098000000')
    expect(point.measurement).toBe('myMeasurement')
    expect([...point.tags]).toEqual([
      ['tag1', 'value1'],
      ['tag2', 'value2'],
    ])
    expect([...point.fields]).toEqual([['fieldKey', 'fieldValue']])
    expect(point.time).toBe(1_556_813_561_098)
  })

  it.each([
    ['m f=1.0', 1],
    ['m f=1', 1],
    ['m f=-1.234456e+78', -1.234456e78],
    ['m f=12485903i', 12_485_903],
    ['m f=12485903u', 12_485_903],
    ['m f=true', true],
    ['m f=F', false],
    ['m f="too \\"hot\\" \\\\"', 'too "hot" \\'],
  ])('%s', (line, value) => expect(one(line).fields.get('f')).toBe(value))

  it('unescapes commas, spaces and equals signs in names', () => {
    const point = one('my\\ Measurement\\,x,tag\\ Key1=tag\\ Value1 field\\=Key="a, b=c" 1')
    expect(point.measurement).toBe('my Measurement,x')
    expect(point.tags.get('tag Key1')).toBe('tag Value1')
    expect(point.fields.get('field=Key')).toBe('a, b=c')
  })

  it('passes comments and blank lines and keeps a newline inside quotes', () => {
    const { points, refused } = decodeLineProtocol('# a comment "\n\nm f="two\nlines" 1\nm f=2 2\n', 'ms')
    expect(refused).toEqual([])
    expect(points.map((p) => [p.line, p.fields.get('f'), p.time])).toEqual([
      [3, 'two\nlines', 1],
      [5, 2, 2],
    ])
  })
})

it.each([
  ['ns', '-1', -1],
  ['us', '1556813561098123', 1_556_813_561_098],
  ['ms', '1556813561098', 1_556_813_561_098],
  ['s', '1556813561', 1_556_813_561_000],
] as const)('precision %s of %s', (precision, stamp, millis) =>
  expect(one(`m f=1 ${stamp}`, precision).time).toBe(millis),
)

it.each([
  ['m', /space and the fields/],
  ['m,tag f=1', /tag "tag" has no value/],
  ['m,tag= f=1', /value of tag "tag" is empty/],
  ['m f=', /not a number/],
  ['m f=NaN', /"NaN" is not a number/],
  ['m f=1e999', /too large/],
  ['m f=-1u', /not a number/],
  ['m f="open', /does not end/],
  ['m f=1 12:00', /not an integer/],
  ['m f=1 9999999999999999999', /outside of the calendar/],
  ['m f="a"x 1', /after the fields/],
])('refuses %s and keeps its neighbours', (line, reason) => {
  const { points, refused } = decodeLineProtocol(`a f=1 1\n${line}\nb f=2 2`, 's')
  expect(points.map((p) => p.measurement)).toContain('a')
  expect(refused).toEqual([{ line: 2, reason: expect.stringMatching(reason) }])
})

const name = fc.string({ minLength: 1, maxLength: 12 }).filter((s) => s.trim() === s && !/[\n\r#"\\]/.test(s))
const escaped = (text: string) => text.replace(/[,= ]/g, '\\$&')
const field = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.string())
const write = (value: FieldValue) =>
  typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : Object.is(value, -0) ? '-0' : `${value}`

it('reads back whatever a writer by the specification writes', () => {
  fc.assert(
    fc.property(
      name,
      fc.dictionary(name, name, { maxKeys: 3 }),
      fc.dictionary(name, field, { minKeys: 1, maxKeys: 3 }),
      fc.integer({ min: 0, max: 4e12 }),
      (measurement, tags, fields, time) => {
        const head = [
          escaped(measurement),
          ...Object.entries(tags).map(([k, v]) => `${escaped(k)}=${escaped(v)}`),
        ].join(',')
        const body = Object.entries(fields)
          .map(([k, v]) => `${escaped(k)}=${write(v)}`)
          .join(',')
        const point = one(`${head} ${body} ${time}`, 'ms')
        expect(point.measurement).toBe(measurement)
        expect(new Map(Object.entries(tags))).toEqual(point.tags)
        expect(new Map(Object.entries(fields))).toEqual(point.fields)
        expect(point.time).toBe(time)
      },
    ),
  )
})

it('follows an open quote over lines only as far as a point may reach', () => {
  const { points, refused } = decodeLineProtocol(`m f="open\n${'m f=1 1\n'.repeat(20_000)}`, 'ms')
  expect(points).toHaveLength(20_000)
  expect(refused).toEqual([{ line: 1, reason: expect.stringMatching(/does not end/) }])
})

it('answers any text with points or reasons, never with an exception', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: fc.constantFrom(...'m,=" \\\n1i#'), maxLength: 60 })),
      (text) => {
        const { points, refused } = decodeLineProtocol(text, 'ns')
        for (const { fields } of points)
          for (const value of fields.values()) if (typeof value === 'number') expect(value).toSatisfy(Number.isFinite)
        for (const { reason } of refused) expect(reason).not.toBe('')
      },
    ),
  )
})
