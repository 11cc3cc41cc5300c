import { Tooltip } from '@mantine/core'
import { useEffect, useState } from 'react'

const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'long' })
const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' })

/** "3 hours ago", "in 2 days". @param ms from now, negative in the past */
export function relativeTime(ms: number): string {
  const [unit, length] = UNITS.find(([, length]) => Math.abs(ms) >= length) ?? ['second', 1_000]
  return relative.format(Math.trunc(ms / length), unit)
}

/** To the second, in the browser's time zone, which it names. @param at Unix ms */
export const absoluteTime = (at: number): string => absolute.format(at)

/** When something was or will be: relative, and absolute on hover and focus. @param at Unix ms; null: never */
export function Time({ at, never = '–' }: { at: number | null | undefined; never?: string }) {
  const now = useNow()
  if (at === null || at === undefined) return <span>{never}</span>
  return (
    <Tooltip label={absoluteTime(at)} withinPortal events={{ hover: true, focus: true, touch: true }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the absolute time is to be had by keyboard too. */}
      <time dateTime={new Date(at).toISOString()} tabIndex={0}>
        {relativeTime(at - now)}
      </time>
    </Tooltip>
  )
}

const EVERY_MS = 15_000

function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  return now
}
