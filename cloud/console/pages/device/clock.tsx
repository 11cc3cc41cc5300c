import { Alert, Code, Text } from '@mantine/core'
import { Mark } from '../../kit/mark.tsx'
import { absoluteTime, Time } from '../../kit/time.tsx'
import type { Device } from '../devices/state-mark.tsx'
import { type DeviceClock, madeUpNow, speedText, standsAt } from './clock-words.ts'

/** Whether its own clock is trusted, how far it is off, since when, and how old that knowledge is. */
export function Clock({ device: { clock, agentVersion } }: { device: Device }) {
  if (clock === null) return agentVersion === null ? 'not known yet' : 'not told by this version of its agent'
  return (
    <>
      <Mark tone={clock.trusted ? 'good' : 'bad'}>{clock.trusted ? 'trusted' : 'not trusted'}</Mark> {standsAt(clock)}
      <Text size="xs" c="dimmed">
        last compared <Time at={clock.checkedAt} />, first found so <Time at={clock.since} />
      </Text>
    </>
  )
}

/** Of a shop that lives in a time of its own. */
export function MadeUpClock({ madeUp, toldAt }: { madeUp: NonNullable<DeviceClock['madeUp']>; toldAt: number }) {
  return (
    <>
      made up, {speedText(madeUp.speed)}: {absoluteTime(madeUpNow(madeUp, toldAt, toldAt))}
      <Text size="xs" c="dimmed">
        told <Time at={toldAt} />
      </Text>
    </>
  )
}

/** Where readings come under a time that nobody can rely on. */
export function WrongClock({ clock }: { clock: DeviceClock }) {
  return (
    <Alert color="orange" variant="light" title="Its clock is not trusted">
      <Text size="sm">
        It is {standsAt(clock)}, first found <Time at={clock.since} />
        {clock.madeUp === undefined
          ? ', so what its sensors send without a time of their own counts as untrusted.'
          : '; its shop lives by a made-up clock, which does not depend on it.'}{' '}
        A time service sets it, such as systemd-timesyncd: see that one runs and that its network lets NTP (UDP 123)
        out. <Code>storecast-agent doctor</Code> says more on the device.
      </Text>
    </Alert>
  )
}
