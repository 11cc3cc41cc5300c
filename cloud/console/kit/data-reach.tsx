import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { isElsewhere, useNewest } from './data-span.ts'

const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' })
/** "14 Apr 2026", in the browser's time zone. @param at Unix ms */
export const dayText = (at: number): string => format.format(at)

/**
 * Where shops live in another time than the cloud, or have long sent nothing: how far their data reaches, and what that means
 * here. Else nothing.
 */
export function DataReach({ children }: { children: ReactNode }) {
  const newest = useNewest()
  if (!newest || !isElsewhere(newest)) return null
  return (
    <Text size="sm" c="dimmed">
      The shops’ data reaches up to {dayText(newest.at)} by their clocks; the cloud’s says {dayText(newest.now)}.{' '}
      {children}
    </Text>
  )
}
