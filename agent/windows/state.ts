import { qualityRulesOf, type SensorDefinition, type WindowSize } from '@storecast/shared/contracts'
import { Sketch, type Span, toSteps } from '@storecast/shared/windows'
import { FAULT, MARK, markOf, SeriesEntries } from '../buffer/index.ts'

/** What a sensor's definition says about rolling it up; values in steps, times in milliseconds. */
export interface RollRule {
  readonly kind: SensorDefinition['kind']
  readonly size: WindowSize
  readonly centre: number
  /** Expected time between readings; 0: they come when they come. */
  readonly interval: number
  /** Time for which a gauge may show one value; 0: for ever. */
  readonly flatAfter: number
}

export function ruleOf(definition: SensorDefinition): RollRule {
  const { kind, window, centre, resolution, interval } = definition
  const flatAfter = kind === 'gauge' ? qualityRulesOf(definition).flatAfter * 1000 : 0
  return { kind, size: window, centre: toSteps(centre, resolution), interval: interval * 1000, flatAfter }
}

/** A window as it fills: the pure part of rolling up. Without readings, `min`, `max` and `last` are 0. */
export class WindowState implements Span {
  readonly start: number
  readonly end: number
  /** Of the last reading. */
  lastTime = -1
  count = 0
  sum = 0
  min = 0
  max = 0
  last = 0
  sketch = new Sketch()
  late = 0
  outOfRange = 0
  flat = 0
  duplicate = 0
  wrongType = 0
  wrongUnit = 0
  untrusted = 0

  constructor({ start, end }: Span) {
    this.start = start
    this.end = end
  }

  /**
   * Takes in entries `[from, to)`, which are in time order. Of a gauge's readings at the same time the last counts; they
   * must be later than what the window holds. Events and increases may come in any order.
   */
  apply(entries: SeriesEntries, from: number, to: number, rule: RollRule): void {
    for (let i = from; i < to; i++) {
      switch (markOf(entries.flags[i]!)) {
        case MARK.reading:
          if (rule.kind === 'gauge' && isReplaced(entries, i, to)) this.duplicate++
          else {
            this.#add(entries.times[i]!, entries.values[i]!, rule)
            if (entries.flat?.[i]) this.flat++
          }
          break
        case MARK.outOfRange:
          this.outOfRange++
          break
        case MARK.duplicate:
          this.duplicate++
          break
        case MARK.fault:
          this.#countFault(entries.values[i]!)
          break
      }
    }
  }

  /** Readings that were expected by now and did not come; what came and was refused is counted as such. */
  missing({ interval }: RollRule): number {
    if (interval === 0) return 0
    const came = this.count + this.outOfRange + this.wrongType + this.wrongUnit
    return Math.max(0, Math.round((this.end - this.start) / interval) - came)
  }

  #countFault(fault: number): void {
    switch (fault) {
      case FAULT.late:
        this.late++
        break
      case FAULT.wrongType:
        this.wrongType++
        break
      case FAULT.wrongUnit:
        this.wrongUnit++
        break
      case FAULT.untrusted:
        this.untrusted++
        break
    }
  }

  #add(time: number, value: number, rule: RollRule): void {
    if (this.count === 0) {
      this.min = value
      this.max = value
    } else {
      if (value < this.min) this.min = value
      if (value > this.max) this.max = value
    }
    this.count++
    this.sum += value
    this.sketch.add(value - rule.centre)
    if (time >= this.lastTime) {
      this.last = value
      this.lastTime = time
    }
  }
}

/** Whether a later arrival gives another value for the same time. */
function isReplaced({ times, flags }: SeriesEntries, i: number, to: number): boolean {
  for (let next = i + 1; next < to && times[next] === times[i]; next++) {
    if (markOf(flags[next]!) === MARK.reading) return true
  }
  return false
}

export interface CounterState {
  readonly time: number
  readonly value: number
}

/**
 * A counter's values, in time order, as increases. A fall is a reset: the counter began again at 0. The first value ever
 * only sets the level; one at or behind the newest known time tells nothing more.
 */
export function increases(
  entries: SeriesEntries,
  before: CounterState | undefined,
): { entries: SeriesEntries; newest: CounterState | undefined } {
  const result = new SeriesEntries()
  let newest = before
  for (let i = 0; i < entries.length; i++) {
    const time = entries.times[i]!
    const value = entries.values[i]!
    const flags = entries.flags[i]!
    if (markOf(flags) !== MARK.reading) result.push(time, value, flags, 0, 0)
    else if (newest && time <= newest.time) {
      if (time === newest.time) result.push(time, 0, MARK.duplicate, 0, 0)
      else result.push(time, FAULT.late, MARK.fault, 0, 0)
    } else {
      const increase = newest === undefined ? 0 : value >= newest.value ? value - newest.value : value
      result.push(time, increase, MARK.reading, 0, 0)
      newest = { time, value }
    }
  }
  return { entries: result, newest }
}
