/** How much there is. */
export interface Scale {
  /** Unix ms. */
  readonly now: number
  /** Each with two devices. */
  readonly sites: number
  readonly rollouts: number
  readonly auditRows: number
  /** Devices with windows of their sensors and forecasts of every product; all devices tell their figures by day. */
  readonly measured: number
  /** As devices reach the cloud. */
  readonly devicesUrl: string
}
