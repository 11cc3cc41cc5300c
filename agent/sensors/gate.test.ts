import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../platform/manual-clock.ts'
import { MemoryIntake } from '../test/intake.ts'
import { energy, sales, temperature } from '../test/storage.ts'
import { type Candidate, Gate, isRefusal } from './gate.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

function open(mostSeries = 100, known = 0) {
  const intake = new MemoryIntake()
  const gate = new Gate({ clock: manualClock(NOW), intake, mostSeries, knownTime: () => known })
  gate.define([temperature, sales, energy])
  return { gate, intake }
}
const check = (candidate: Partial<Candidate>) =>
  open().gate.check({ sensor: 'temperature', time: NOW, value: 4.2, ...candidate })

describe('the gate', () => {
  it.each([
    [4.2, 42],
    ['4.2', 42],
    ['-3', -30],
    ['1e1', 100],
    [true, 10],
    [0.04, 0],
  ])('takes %j as %i steps of 0.1', (value, steps) => {
    expect(check({ value })).toEqual({ sensor: 'temperature', entity: '', time: NOW, value: steps, outOfRange: false })
  })

  it.each<[string, Partial<Candidate>]>([
    ['unknown-sensor', { sensor: 'humidity' }],
    ['unknown-sensor', { sensor: '__proto__' }],
    ['not-a-number', { value: 'warm' }],
    ['not-a-number', { value: Number.NaN }],
    ['not-a-number', { value: Infinity }],
    ['not-a-number', { value: '' }],
    ['not-a-number', { value: '0x10' }],
    ['not-a-number', { value: { t: 1 } }],
    ['wrong-unit', { unit: '°F' }],
    ['wrong-unit', { unit: '°C', wantedUnit: '°F' }],
    ['bad-time', { time: Number.NaN }],
    ['bad-time', { time: NOW / 1000 }],
    ['bad-time', { time: NOW + 2 * 86_400_000 }],
    ['bad-entity', { entity: 'milk' }],
    ['bad-entity', { sensor: 'sales' }],
    ['bad-entity', { sensor: 'sales', entity: 'a/b' }],
    ['bad-id', { sensor: 'sales', entity: 'milk', id: 'x'.repeat(201) }],
  ])('refuses as %s: %j', (cause, candidate) => {
    expect(check(candidate)).toMatchObject({ cause, message: expect.stringMatching(/\w/) })
  })

  it.each<[string, Partial<Candidate>, number]>([
    ['wrongType', { value: 'warm' }, NOW],
    ['wrongType', { value: 'warm', time: NOW - 5000 }, NOW - 5000],
    ['wrongUnit', { unit: '°F' }, NOW],
    ['untrusted', { time: 7 }, NOW],
  ])('counts %s in the series for which it came: %j', (fault, candidate, time) => {
    expect(check(candidate)).toMatchObject({ counted: { sensor: 'temperature', entity: '', time, fault } })
  })

  it('counts nothing of what has no series', () => {
    expect(check({ sensor: 'humidity', value: 'x' })).not.toHaveProperty('counted')
    expect(check({ entity: 'a/b', value: 'x' })).not.toHaveProperty('counted')
  })

  it('takes a unit as it is expected to be said', () => {
    expect(check({ unit: '°C' })).toMatchObject({ value: 42 })
    expect(check({ unit: 'C', wantedUnit: 'C' })).toMatchObject({ value: 42 })
  })

  it('distrusts a time ahead of the clock, and a clock behind what is known to have passed', () => {
    expect(check({ time: NOW + 60_000 })).not.toHaveProperty('untrusted')
    expect(check({ time: NOW + 60_001 })).toMatchObject({ value: 42, untrusted: true })
    const late = open(100, NOW + 1)
    expect(late.gate.check({ sensor: 'temperature', value: 1 })).toMatchObject({ untrusted: true, time: NOW })
    expect(late.gate.check({ sensor: 'temperature', value: 1, time: NOW })).not.toHaveProperty('untrusted')
    // The cloud has been heard since, and says more than what was known.
    const off = (trusted: boolean) => {
      const gate = new Gate({
        clock: manualClock(NOW),
        intake: late.intake,
        knownTime: () => NOW + 1,
        clockTrusted: () => trusted,
      })
      gate.define([temperature])
      return gate.check({ sensor: 'temperature', value: 1 })
    }
    expect(off(true)).not.toHaveProperty('untrusted')
    expect(off(false)).toMatchObject({ untrusted: true, time: NOW })
    // Before 2000 the clock says nothing: what came is counted no earlier than what is known to have passed.
    const unset = new Gate({ clock: manualClock(0), intake: late.intake, knownTime: () => NOW })
    unset.define([temperature])
    const refused = unset.check({ sensor: 'temperature', value: 1 })
    expect(refused).toMatchObject({ cause: 'bad-time', counted: { time: NOW, fault: 'untrusted' } })
  })

  it('marks a value outside the range and says which range', () => {
    const { gate } = open()
    const reading = gate.check({ sensor: 'temperature', value: 85 })
    expect(reading).toMatchObject({ outOfRange: true, time: NOW })
    if (isRefusal(reading)) throw new Error('it is a reading')
    expect(gate.outOfRange(reading, 85).message).toBe('temperature: 85 is outside -40 to 60 °C')
  })

  it('knows an event by its id, else by its time, and one with neither not at all', () => {
    const event = { sensor: 'sales', entity: 'milk', value: 1 }
    const { gate } = open()
    expect(gate.check({ ...event, time: NOW, id: 'r1' })).toMatchObject({ id: 'r1' })
    expect(gate.check({ ...event, time: NOW })).toMatchObject({ id: `@${NOW}` })
    expect(gate.check(event)).not.toHaveProperty('id')
  })

  it('refuses new series beyond the cap and goes on with those there are', async () => {
    const { gate, intake } = open(1)
    const first = gate.check({ sensor: 'sales', entity: 'milk', value: 1 })
    if (isRefusal(first)) throw new Error(first.message)
    await intake.accept([first])
    expect(gate.check({ sensor: 'sales', entity: 'bread', value: 1 })).toMatchObject({ cause: 'too-many-series' })
    expect(gate.check({ sensor: 'sales', entity: 'milk', value: 1 })).toMatchObject({ entity: 'milk' })
  })

  it('gives every candidate a reading in whole steps or a cause, never an exception', () => {
    const { gate } = open()
    const candidate = fc.record(
      {
        sensor: fc.oneof(fc.constantFrom('temperature', 'sales', 'energy'), fc.string()),
        entity: fc.oneof(fc.constantFrom('', 'milk'), fc.string()),
        time: fc.oneof(fc.constant(NOW), fc.double(), fc.integer()),
        value: fc.anything(),
        id: fc.string(),
      },
      { requiredKeys: ['sensor', 'value'] },
    )
    fc.assert(
      fc.property(candidate, (c) => {
        const checked = gate.check(c)
        if (isRefusal(checked)) expect(checked.message).not.toBe('')
        else expect([Number.isSafeInteger(checked.value), Number.isSafeInteger(checked.time)]).toEqual([true, true])
      }),
      { numRuns: 2000 },
    )
  })
})
