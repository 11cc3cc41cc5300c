const NONE = '–'
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const written = new Intl.NumberFormat('en', { maximumFractionDigits: 12 })
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

type Figure = number | null | undefined
const or = (value: Figure, text: (value: number) => string): string =>
  value === null || value === undefined || Number.isNaN(value) ? NONE : text(value)

/** 12,345 */
export const count = (value: Figure): string => or(value, whole.format)
/** Three significant digits. */
export const figure = (value: Figure): string => or(value, short.format)
/** As it was written, with its thousands apart. */
export const exact = (value: Figure): string => or(value, written.format)
/** @param value a share of 1; 0.274 is "27.4 %" */
export const percent = (value: Figure, digits = 1): string => or(value, (share) => `${(100 * share).toFixed(digits)} %`)

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'] as const
/** Decimal units. */
export const bytes = (value: Figure): string =>
  or(value, (size) => {
    const power = size < 1 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log10(size) / 3))
    return `${short.format(size / 1000 ** power)} ${BYTES[power]}`
  })

const SPANS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
  [0, 'ms'],
]
/** A span in its largest unit: "3.5 h". @param value ms */
export const duration = (value: Figure): string =>
  or(value, (ms) => {
    const [length, unit] = SPANS.find(([length]) => Math.abs(ms) >= length) ?? SPANS.at(-1)!
    return `${short.format(length === 0 ? ms : ms / length)} ${unit}`
  })
