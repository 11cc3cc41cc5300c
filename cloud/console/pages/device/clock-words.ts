import { duration, figure } from '../../kit/figures.ts'
import type { Device } from '../devices/state-mark.tsx'

export type DeviceClock = NonNullable<Device['clock']>

/** How it stands beside the cloud's: "agrees with the cloud’s", "2 h behind the cloud’s". */
export function standsAt({ ahead, within }: Pick<DeviceClock, 'ahead' | 'within'>): string {
  // What a message takes on its way tells nobody anything about a clock.
  if (Math.abs(ahead) <= Math.max(within, 1000)) return 'agrees with the cloud’s'
  return `${duration(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} the cloud’s`
}

/** What a made-up clock said last, and what it says now if it has gone on. Unix ms */
export const madeUpNow = ({ time, speed }: NonNullable<DeviceClock['madeUp']>, toldAt: number, now: number): number =>
  time + Math.max(0, now - toldAt) * speed

/** "as fast as a real one", "600 times as fast as a real one" */
export const speedText = (speed: number): string =>
  speed === 1 ? 'as fast as a real one' : `${figure(speed)} times as fast as a real one`
