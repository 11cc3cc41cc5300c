import { Tooltip } from '@mantine/core'
import { useSession } from '../app/session.tsx'
import { isElsewhere, useNewest } from './data-span.ts'
import { absoluteTime, Time } from './time.tsx'

const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

/**
 * When something was by the clock of a shop: as any time; but where shops live in another time than the cloud the moment itself,
 * since it is not so and so long ago by anybody's clock. @param at Unix ms
 */
export function ShopTime({ at }: { at: number }) {
  const { can } = useSession()
  const newest = useNewest(can('telemetry.read'))
  if (!newest || !isElsewhere(newest)) return <Time at={at} />
  return (
    <Tooltip
      label={`${absoluteTime(at)}, by the shop’s clock`}
      withinPortal
      events={{ hover: true, focus: true, touch: true }}
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whose clock it is, is to be had by keyboard too. */}
      <time dateTime={new Date(at).toISOString()} tabIndex={0}>
        {format.format(at)}
      </time>
    </Tooltip>
  )
}
