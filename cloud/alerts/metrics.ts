import { SEVERITIES } from '@storecast/shared/contracts'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Alerts } from './alerts.ts'

/** What alerts count. Labels have few values by construction; no rule, route or subject is one. */
export function alertMetrics(registry: Registry) {
  const registers = [registry]
  return {
    notifications: new Counter({
      name: 'storecast_alert_notifications_total',
      help: 'Notifications by kind of receiver and by what came of them',
      labelNames: ['receiver', 'outcome'] as const,
      registers,
    }),
    looks: new Histogram({
      name: 'storecast_alert_look_seconds',
      help: 'Time to ask every alert rule about every subject',
      buckets: [0.01, 0.05, 0.2, 1, 5, 20],
      registers,
    }),
    /** Numbers read when they are asked for. */
    read(alerts: Alerts): void {
      new Gauge({
        name: 'storecast_alerts',
        help: 'Alerts that have not ended',
        labelNames: ['state', 'severity'],
        registers,
        async collect() {
          for (const state of ['pending', 'firing']) for (const severity of SEVERITIES) this.set({ state, severity }, 0)
          for (const { count, ...labels } of await alerts.counts()) this.set(labels, count)
        },
      })
      new Gauge({
        name: 'storecast_alert_notifications_unsent',
        help: 'Notifications that wait to be sent, or that could not be',
        labelNames: ['state'],
        registers,
        async collect() {
          for (const [state, count] of Object.entries(await alerts.unsent())) this.set({ state }, count)
        },
      })
      new Gauge({
        name: 'storecast_alert_rules_broken',
        help: 'Alert rules that could not be evaluated for some subject when they were asked last',
        registers,
        async collect() {
          this.set(await alerts.brokenRules())
        },
      })
    },
  }
}
