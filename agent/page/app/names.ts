import type { Message, Words } from './i18n.tsx'

/** What the shipped sensors and models are called. */
const KNOWN = ['sales', 'stockout', 'fridge', 'footfall', 'stock', 'on_order', 'demand', 'sensor'] as const

/** Of a sensor or a model, in words; what we did not ship is called as it was set up: `cold-store_2` → `Cold store 2`. */
export function nameOf(name: string, { t }: Words): string {
  const known = KNOWN.find((one) => one === name.replace(/-/g, '_'))
  if (known !== undefined) return t(`name.${known}` satisfies Message)
  const words = name.replace(/[-_]+/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Whole units as they are, parts of them to one place. */
export const QUANTITY: Intl.NumberFormatOptions = { maximumFractionDigits: 1 }

/** Forecasts: nobody sells a tenth of a loaf, but small numbers differ by their tenths. */
export const expected = (value: number): number => (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10)
