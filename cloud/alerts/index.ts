import type { AlertSubject } from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import type { Objects } from '../platform/objects.ts'
import type { Rollouts } from '../rollout/index.ts'
import type { Telemetry } from '../telemetry/index.ts'
import { type Alerts, createAlerts } from './alerts.ts'
import { type DeliveryOptions, startDelivery } from './deliver.ts'
import { deviceSubjects } from './facts/devices.ts'
import { driftSubjects } from './facts/drift.ts'
import { forecastSubjects } from './facts/forecasts.ts'
import { fleetSubject, regionSubjects } from './facts/places.ts'
import { rolloutSubjects } from './facts/rollouts.ts'
import { sensorSubjects } from './facts/sensors.ts'
import { taskSubjects } from './facts/tasks.ts'
import { createMailer } from './mailer.ts'
import { UnsendableError } from './receivers/receiver.ts'
import type { SubjectSource } from './subjects.ts'
import { startWatch, type WatchOptions } from './watch.ts'

export { type Alerts, unknownAlert } from './alerts.ts'
export { alertMetrics } from './metrics.ts'
export { alertMigrations } from './migrations.ts'
export type { SubjectSources } from './subjects.ts'

interface FactSources {
  readonly pool: Pool
  readonly objects: Objects
  readonly telemetry: Pick<Telemetry, 'forecastScores'>
  readonly rollouts: Pick<Rollouts, 'list'>
}

/** Everything that rules can look at, by its name. */
export const subjectSources = ({ pool, objects, telemetry, rollouts }: FactSources) =>
  ({
    device: deviceSubjects(pool),
    sensor: sensorSubjects({ pool, objects }),
    forecast: forecastSubjects(pool, telemetry),
    region: regionSubjects(pool),
    fleet: fleetSubject(pool),
    rollout: rolloutSubjects(rollouts),
    task: taskSubjects(pool),
    drift: driftSubjects(pool),
  }) satisfies Record<AlertSubject, SubjectSource>

interface StartOptions extends Omit<WatchOptions, 'onTold'>, Pick<DeliveryOptions, 'linkTo' | 'onOutcome'> {
  /** As the cloud was started with, by name. */
  readonly secrets: Readonly<Record<string, string>>
  readonly smtpUrl: string | undefined
  readonly mailFrom: string
}

/** Asks rules and tells routes until it is disposed of. */
export function startAlerts(options: StartOptions): Alerts & AsyncDisposable {
  const stack = new AsyncDisposableStack()
  const { secrets, smtpUrl, mailFrom } = options
  const mailer = stack.use(createMailer({ smtpUrl, from: mailFrom }))
  const reveal = (name: string) => {
    if (Object.hasOwn(secrets, name)) return secrets[name]!
    const variable = `STORECAST_SECRET_${name.toUpperCase().replaceAll('-', '_')}`
    throw new UnsendableError(
      `The cloud was started without the secret ${name}: set ${variable}_FILE (or ${variable}), and send it again.`,
    )
  }
  const delivery = stack.use(startDelivery({ ...options, mailer, secrets: reveal }))
  const watch = stack.use(startWatch({ ...options, onTold: () => delivery.wake() }))
  const onChange = () => {
    watch.wake()
    delivery.wake()
  }
  return { ...createAlerts({ ...options, onChange }), [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
