import { Button } from '@mantine/core'
import { IconArrowUp } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { wasReadAgain } from '../api/read-again.ts'
import type { Listing } from './pages-of.ts'
import classes from './steady.module.css'
import { heldText, type SteadyRow, steadyRows } from './steady.ts'

interface SteadyProps<T> {
  readonly listing: Listing<T>
  readonly rowId: (row: T) => string
  readonly children: (rows: readonly SteadyRow<T>[]) => ReactNode
}

/**
 * Rows that do not move under the hand: while the pointer is among them or the keyboard's focus, and where there is no pointer
 * (a finger comes without notice), what has changed meanwhile is written into the rows that stand there, and what would move
 * them is held back until it is asked for or one has left. What one did oneself, or asked for, shows at once.
 */
export function Steady<T>({ listing, rowId, children }: SteadyProps<T>) {
  const client = useQueryClient()
  const place = useRef<HTMLDivElement>(null)
  const { items, source, readAt, hasMore } = listing
  const [stood, setStood] = useState({ source, items })
  useLayoutEffect(() => {
    const isHeld = place.current !== null && isBusy(place.current) && wasReadAgain(client, readAt)
    setStood((before) =>
      // Before the first row nothing can move.
      isHeld && before.source === source && before.items?.length ? before : { source, items },
    )
  }, [client, items, source, readAt])
  const show = () => setStood({ source, items })
  const now = items ?? []
  const before = stood.source === source && stood.items?.length ? stood.items : now
  const { rows, ...held } = steadyRows({ before, now, rowId, hasMore })
  const text = heldText(held)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only looks whether somebody is there.
    <div
      ref={place}
      onPointerLeave={({ currentTarget }) => !hasKeyboard(currentTarget) && !isTouched() && show()}
      onBlur={({ currentTarget, relatedTarget }) =>
        !currentTarget.contains(relatedTarget) && !currentTarget.matches(':hover') && !isTouched() && show()
      }
    >
      <div role="status" className={classes.held}>
        {text !== undefined && (
          <Button size="compact-xs" radius="xl" leftSection={<IconArrowUp size={12} aria-hidden />} onClick={show}>
            {text}: show
          </Button>
        )}
      </div>
      {children(rows)}
    </div>
  )
}

const hasKeyboard = (place: Element) => place.querySelector(':focus-visible') !== null
const isTouched = () => matchMedia('(hover: none)').matches
const isBusy = (place: Element) => place.matches(':hover') || hasKeyboard(place) || isTouched()
