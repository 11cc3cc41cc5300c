import type { Calendar } from '@storecast/shared/windows'
import type { Conversion, Path, TimeFormat } from './config.ts'

/** The value at `path` of a decoded JSON document; undefined where there is none. */
export function valueAt(document: unknown, path: Path): unknown {
  let value = document
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

/** What a conversion makes of a value; what is not a number stays as it is, for the gate to refuse. */
export function convert(
  value: unknown,
  { scale, offset, values }: Pick<Conversion, 'scale' | 'offset' | 'values'>,
): unknown {
  const named = values && (typeof value === 'string' || typeof value === 'boolean') ? values[String(value)] : undefined
  if (named !== undefined) return named
  if (scale === 1 && offset === 0) return value
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' ? number * scale + offset : value
}

/** From here on a number of seconds would lie 3,000 years ahead. */
const SMALLEST_MILLISECONDS = 1e11
const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/i

/** Unix milliseconds; NaN where it is not a time. */
export function timeOf(value: unknown, format: TimeFormat | undefined, zone: Calendar): number {
  switch (format) {
    case 'local':
      return localTime(value, zone)
    case 'ms':
      return Number(value)
    case 's':
      return Number(value) * 1000
    case 'iso':
      return isoTime(value)
    default: {
      const number =
        typeof value === 'number' ? value : typeof value === 'string' ? Number(value || Number.NaN) : Number.NaN
      if (Number.isNaN(number)) return isoTime(value)
      return Math.abs(number) < SMALLEST_MILLISECONDS ? number * 1000 : number
    }
  }
}

function isoTime(value: unknown): number {
  return typeof value === 'string' && ISO.test(value) ? Date.parse(value.replace(',', '.')) : Number.NaN
}

function localTime(value: unknown, zone: Calendar): number {
  if (typeof value !== 'string') return Number.NaN
  try {
    return zone.fromLocal(value)
  } catch {
    return Number.NaN
  }
}
