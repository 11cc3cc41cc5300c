import { AlertRoute, AlertRule } from '@storecast/shared/contracts'
import type { Alert } from '../alerts/store.ts'

/** A rule about devices that are away, with what a test changes. */
export const testRule = (spec: object = {}, name = 'device-away') =>
  AlertRule.parse({
    apiVersion: 'storecast/v1',
    kind: 'AlertRule',
    metadata: { name },
    spec: { subject: 'device', when: '!device.online', summary: '{{device.id}} is away', ...spec },
  })

export const testRoute = (receiver: object, spec: object = {}, name = 'all') =>
  AlertRoute.parse({
    apiVersion: 'storecast/v1',
    kind: 'AlertRoute',
    metadata: { name },
    spec: { receiver, ...spec },
  })

export const testAlert = (alert: Partial<Alert> = {}): Alert => ({
  id: 7,
  rule: 'device-away',
  subject: 'berlin-1',
  about: 'device',
  site: 'berlin',
  state: 'firing',
  severity: 'critical',
  labels: { region: 'eu-north', site: 'berlin', device: 'berlin-1' },
  summary: 'berlin-1 <is> "away" & silent',
  since: Date.UTC(2026, 0, 1, 10),
  firedAt: Date.UTC(2026, 0, 1, 10, 10),
  resolvedAt: null,
  endReason: null,
  inhibitedBy: null,
  silencedBy: null,
  acknowledgedAt: null,
  acknowledgedBy: null,
  note: null,
  ...alert,
})
