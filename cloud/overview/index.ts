import type { Pool } from 'pg'
import type { Clock } from '../platform/clock.ts'
import type { LabelLimit } from '../platform/label-limit.ts'
import type { Page } from '../platform/paging.ts'
import { together } from '../platform/together.ts'
import { countDevices, type DeviceList, type DeviceStanding, getDevice, listDevices } from './devices.ts'
import type { DeviceFilter } from './filter.ts'
import { type FleetSummary, fleetSummary } from './fleet.ts'
import type { Happening } from './happening.ts'
import { type HappeningQuery, listHappenings } from './happenings.ts'
import type { DeviceState } from './states.ts'

export { type BulkActions, bulkActions, requireSomething } from './bulk.ts'
export { DEVICE_SORTS } from './devices.ts'
export { HAPPENING_KINDS } from './happening.ts'
export { overviewMigrations } from './migrations.ts'
export { DEVICE_STATES } from './states.ts'
export { type SavedViews, savedViews } from './views.ts'

/** How the fleet is, and each device of it. */
export interface Overview {
  /** @throws NotFoundError `group-unknown`; InvalidError `cursor`, also for one of another order */
  devices(list: DeviceList): Promise<Page<DeviceStanding>>
  /** @throws NotFoundError `device-unknown` */
  device(id: string): Promise<DeviceStanding>
  /** How many there are in each state. @throws NotFoundError `group-unknown` */
  counts(filter: DeviceFilter): Promise<Record<DeviceState, number>>
  fleet(within: LabelLimit): Promise<FleetSummary>
  /** What happened, newest first; until now and, of the fleet, from a day before, where it is not said. */
  happenings(
    query: Omit<HappeningQuery, 'from' | 'to'> & {
      readonly from?: number | undefined
      readonly to?: number | undefined
    },
  ): Promise<Page<Happening>>
}

const DAY = 86_400_000

export function createOverview({ pool, clock }: { pool: Pool; clock: Clock }): Overview {
  // Many consoles hear of the same change and ask the same at once: the database answers it once.
  const keyOf = (argument: unknown) => JSON.stringify(argument)
  return {
    devices: together(keyOf, (list: DeviceList) => listDevices(pool, list)),
    device: (id) => getDevice(pool, id),
    counts: together(keyOf, (filter: DeviceFilter) => countDevices(pool, filter)),
    fleet: together(keyOf, (within: LabelLimit) => fleetSummary(pool, { within, now: clock.now() })),
    happenings({ from, to = clock.now(), ...query }) {
      const begin = query.device === undefined ? to - DAY : 0
      return listHappenings(pool, { ...query, to, from: from ?? begin })
    },
  }
}
