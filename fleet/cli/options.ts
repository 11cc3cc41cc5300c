import { InvalidArgumentError } from 'commander'
import { UsageError } from './errors.ts'

/** An option's value as a whole number from 1. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('give a whole number from 1')
}

/** An option's time as unix milliseconds. */
export function moment(text: string): number {
  const value = /^\d{4}-\d\d-\d\d(T.*)?$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(value) && value >= 0) return value
  throw new InvalidArgumentError('give a day or a time: 2026-03-29 or 2026-03-29T00:00:00Z')
}

/** Of an option that may be repeated: every value. */
export const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** `name=value` texts of an option as a record. @throws UsageError */
export function pairsOf(option: string, texts: readonly string[]): Record<string, string> {
  const pairs = texts.map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw new UsageError(`${`${option} ${text}`.trim()}: say name=value.`)
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  return Object.fromEntries(pairs)
}
