import type { Metrics } from './api/index.ts'
import type { Devices } from './devices/index.ts'
import type { Monitoring } from './monitoring/index.ts'
import type { Stewardship } from './stewardship/index.ts'
import type { Upkeep } from './telemetry/index.ts'
import type { Trust } from './trust/index.ts'

interface GaugeSources {
  readonly trust: Trust
  readonly devices: Devices
  readonly monitoring: Monitoring
  readonly stewardship: Stewardship
  readonly upkeep: Upkeep
}

/** Of the fleet, what is a number at any time; read when it is asked for. */
export function fleetGauges(
  { gauge }: Metrics,
  { trust, devices, monitoring, stewardship, upkeep }: GaugeSources,
): void {
  gauge('storecast_trust_ready', 'Whether the signed repository serves devices', async () =>
    (await trust.status()).state === 'ready' ? 1 : 0,
  )
  gauge('storecast_trust_expiry_timestamp_seconds', 'When root or targets expire; 0 without both', async () => {
    const { root, targets } = await trust.status()
    return root && targets ? Math.min(root.expires, targets.expires) / 1000 : 0
  })
  gauge('storecast_devices_enrolled', 'Devices in service', async () => (await devices.counts()).enrolled)
  gauge('storecast_devices_online', 'Devices that are connected', async () => (await devices.counts()).online)
  gauge('storecast_devices_drifted', 'Devices whose data has drifted, as the newest monitoring run found', () =>
    monitoring.driftedDevices(),
  )
  gauge('storecast_stewardship_tasks_standing', 'Stewardship tasks that are not closed', () =>
    stewardship.tasks.standing(),
  )
  gauge('storecast_rollup_lag_seconds', 'For how long windows have waited to be rolled up, at most', () =>
    upkeep.lagSeconds(),
  )
}
