import { InvalidArgumentError } from 'commander'

/** An option's value as a whole number from 1. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new InvalidArgumentError('give a whole number from 1')
}
