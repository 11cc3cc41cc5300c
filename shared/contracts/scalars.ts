import { z } from 'zod'

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `90s`, `30m`, `24h` or `7d`. */
export const Duration = z.string().regex(/^[1-9]\d{0,5}[smhd]$/, 'a duration: a whole number and s, m, h or d, as 24h')

/** Milliseconds of a `Duration`. */
export const durationMs = (duration: string): number =>
  Number(duration.slice(0, -1)) * UNITS[duration.slice(-1) as keyof typeof UNITS]

export const LabelName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'a label name: lower-case letters, digits, "-" and "_"')
export const LabelValue = z.string().regex(/^[^\p{C}]{0,64}$/u, 'a label value: up to 64 printable characters')

export const CelText = z.string().trim().min(1).max(4096).describe('A CEL expression')
