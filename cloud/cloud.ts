import { hostname } from 'node:os'
import { join } from 'node:path'
import { spawnTraining } from '@storecast/models'
import { encodeSupport, topicOf } from '@storecast/shared/wire'
import type { Registry } from 'prom-client'
import { mqttsUrlOf, namesOf, withoutLogin } from './addresses.ts'
import { alertMetrics, startAlerts, subjectSources } from './alerts/index.ts'
import {
  type Api,
  accessControl,
  alertRoutes,
  alertRuleRoutes,
  appliedRoutes,
  auditRoutes,
  certificateAccess,
  claimRoutes,
  createMetrics,
  datasetRoutes,
  decisionRoutes,
  deviceRoutes,
  enrolmentRoutes,
  eventRoutes,
  featureViewRoutes,
  forecastRoutes,
  groupRoutes,
  identityRoutes,
  kpiRoutes,
  loginRoutes,
  mergedWindowRoutes,
  modelRoutes,
  monitoringRoutes,
  objectRoutes,
  overviewRoutes,
  peopleRoutes,
  policyRoutes,
  quarantineRoutes,
  rolloutRoutes,
  serviceRoutes,
  servingRoutes,
  siteRoutes,
  startApi,
  statusRoutes,
  stewardshipRoutes,
  supportRoutes,
  supportUploadRoutes,
  telemetryRoutes,
  trainingRoutes,
  trustRoutes,
  uploadRoutes,
  versionRoutes,
} from './api/index.ts'
import { createAudit } from './audit/index.ts'
import { startFeed } from './changes/index.ts'
import { type CloudConfig, isLoopback } from './config.ts'
import { createDecisions } from './decisions/index.ts'
import {
  createDevices,
  createSites,
  desiredStates,
  deviceGroups,
  devicePresences,
  type Publisher,
  startPublisher,
  supportBundles,
} from './devices/index.ts'
import { fleetGauges } from './gauges.ts'
import { appliedDocuments, createGates, createGovernance } from './governance/index.ts'
import { announceRevocations, createEnrolment, openIdentity } from './identity/index.ts'
import { createQuarantine, ingestMetrics, startIngest } from './ingest/index.ts'
import { createKpis, kpiMetrics, meterCpu } from './kpis/index.ts'
import { startMonitoring } from './monitoring/index.ts'
import { bulkActions, createOverview, savedViews } from './overview/index.ts'
import {
  createOidc,
  createSessions,
  createTokens,
  createUsers,
  firstAdmin,
  identifier,
  newSecret,
} from './people/index.ts'
import { startBroker } from './platform/broker.ts'
import { connectBus } from './platform/bus.ts'
import { type Clock, systemClock } from './platform/clock.ts'
import { openDatabase } from './platform/database.ts'
import type { CloudError } from './platform/errors.ts'
import { createLog, type Log } from './platform/log.ts'
import { openTracing } from './platform/tracing.ts'
import { createRegistry, createUploads, openVersion } from './registry/index.ts'
import { rolloutsOfGroup, startRollouts } from './rollout/index.ts'
import { cloudStatus } from './status.ts'
import { startStewardship } from './stewardship/index.ts'
import { databaseOf, identityFolder, MIGRATIONS, openExports, openObjects, VERSION } from './storage.ts'
import { createTelemetry, startUpkeep } from './telemetry/index.ts'
import { startTrainings, type Train, trainOnDrift } from './training/index.ts'
import { newestRoot, startTrust } from './trust/index.ts'

export { type CloudConfig, type CloudSecrets, cloudConfig, loadConfig } from './config.ts'
export { type BackupSummary, backup, restore } from './maintenance.ts'

export interface Cloud extends AsyncDisposable {
  /** Of the HTTP API. */
  readonly url: string
  /** The HTTPS listener where devices enrol. */
  readonly devicesUrl: string
  /** For devices with tokens, which have logins of their own. */
  readonly mqttUrl: string
  /** For SQL of an operator's own; an embedded database listens on a socket that only this user can open. */
  readonly databaseUrl: string
  /** An operator's token for the program that started this cloud; the configured one, or good until it ends. */
  readonly adminToken: string
  /** One-time link for the first operator, where nobody has a token yet. */
  readonly adminLink?: string
  /** What it counts, as `/metrics` tells it: for a program that tells its own beside it. */
  readonly metrics: Registry
  /** Resolves when the cloud cannot go on, as when its database ended. */
  readonly failed: Promise<CloudError>
}

export interface Overrides {
  readonly clock?: Clock
  /** Of what concerns people and other systems, where `clock` may run fast. */
  readonly realTime?: Clock
  readonly log?: Log
  readonly train?: Train
}

/** Starts everything, in flow order; disposing ends it in reverse. @throws SetupError */
export async function startCloud(config: CloudConfig, overrides: Overrides = {}): Promise<Cloud> {
  await using stack = new AsyncDisposableStack()
  const tracing = stack.use(
    await openTracing({
      endpoint: config.tracing?.endpoint,
      service: 'storecast-cloud',
      version: VERSION,
      instance: hostname(),
    }),
  )
  const log = overrides.log ?? createLog(config.logLevel, tracing.logFields)
  const clock = overrides.clock ?? systemClock
  const realTime = overrides.realTime ?? systemClock
  const metrics = createMetrics()
  const { secrets } = config

  const opened = stack.use(await openDatabase({ ...databaseOf(config), log }))
  await opened.migrate(MIGRATIONS)
  const audit = createAudit({ database: opened, clock })
  const { database } = audit
  const objects = stack.use(await openObjects(config))
  const trust = stack.use(
    await startTrust({ ...config.trust, keys: config.trust.keys ?? join(config.data, 'trust'), database, clock, log }),
  )

  const identity = stack.use(
    await openIdentity({
      database,
      clock,
      log,
      folder: identityFolder(config),
      files: config.identity.authority,
      certificateDays: config.identity.certificateDays,
      names: namesOf(config),
      onRenewed(tls) {
        broker?.setTls(tls)
        devicesApi?.setTls(tls)
        announcer?.wake()
      },
    }),
  )
  const { authority, certificates, claims } = identity

  let url = ''
  let devicesApi: Api | undefined
  const devicesUrl = () => config.devices.publicUrl ?? devicesApi?.url ?? ''
  const desired = desiredStates({
    api: (by) => (by === 'token' ? url : devicesUrl()),
    clock,
    traceparent: tracing.current,
  })
  let publisher: Publisher | undefined
  const onChange = () => publisher?.wake()
  const onWithdrawn = (id: string) => {
    broker?.disconnect(id)
    announcer?.wake()
    identity.keepList()
  }
  const sites = createSites({ database, objects, desired, clock, onChange })
  const devices = createDevices({ database, desired, clock, certificates, onChange, onWithdrawn })

  const presences = devicePresences({ database, clock })
  if (!secrets.mqttUrl) await presences.forget()
  const broker = secrets.mqttUrl
    ? undefined
    : stack.use(
        await startBroker({
          ...config.mqtt,
          secure: { ...config.mqtts, tls: identity.tls, deviceOf: identity.deviceOf },
          log,
          isDevice: devices.isDevice,
          onRefused: (reason) => metrics.brokerRefusals.inc({ reason }),
        }),
      )
  const mqttsUrl = () => mqttsUrlOf(config, broker)
  const link = broker ? { url: broker.url, ...broker.cloud } : { url: secrets.mqttUrl! }
  const clientId = (part: string) => `storecast-cloud-${part}-${newSecret().slice(0, 8)}`
  const bus = stack.use(connectBus({ ...link, clientId: clientId('state'), log }))

  const support = supportBundles({
    database,
    clock,
    publish: (device, id) => bus.publish(topicOf(device, 'ack'), Buffer.from(encodeSupport({ id }))),
  })
  const remind = (devices?: readonly string[]) => {
    support.remind(devices).catch((error) => log.warn({ error }, 'devices were not asked again for support bundles'))
  }
  stack.use(bus.onConnected(() => remind()))

  // The embedded broker asks for each certificate itself.
  const announcer = broker ? undefined : stack.use(announceRevocations({ certificates, bus, log }))

  stack.use(
    startIngest({
      database,
      presences,
      onGreeted(greeted) {
        publisher?.renew(greeted)
        remind(greeted)
      },
      broker: { ...link, clientId: clientId('ingest') },
      // The embedded broker has no shared subscriptions, and one cloud.
      ...(!broker && { group: 'storecast' }),
      metrics: ingestMetrics(metrics.registry),
      clock,
      log,
      tracing,
    }),
  )
  const quarantine = createQuarantine({ database, clock })

  const telemetry = createTelemetry({ database, devices, objects })
  const { keep, rollUpSeconds, export: exporting } = config.telemetry
  const files = stack.use(openExports(config))
  const settleMs = exporting.settleMinutes * 60_000
  const upkeep = stack.use(
    startUpkeep({
      ...{ database, objects, retention: keep, clock, log, everyMs: rollUpSeconds * 1000 },
      ...(files && { exports: { files, settleMs, scratch: join(config.data, 'exporting') } }),
    }),
  )
  const governance = createGovernance({ database, audit, clock })
  const registry = createRegistry({
    ...{ database, objects, clock },
    admit: (candidate) => gates.register(candidate),
    onRegistered: (version) => trust.approve([version]),
  })
  const gates = createGates({ governance, registry, trust })
  await trust.approve(await registry.everyVersion())
  const trainings = stack.use(
    await startTrainings({
      database,
      sources: { sites, objects, telemetry },
      registry,
      train: overrides.train ?? spawnTraining,
      folder: config.data,
      concurrency: config.training.concurrency,
      clock,
      log,
      alone: !secrets.databaseUrl,
    }),
  )
  const monitoring = stack.use(
    await startMonitoring({
      ...{ database, objects, telemetry, clock, log },
      versions: (model, version) => openVersion({ registry, objects }, model, version),
      rule: config.monitoring,
      everyMs: config.monitoring.everyHours * 3_600_000,
      keepDays: config.monitoring.keepDays,
      alone: !secrets.databaseUrl,
      async onLooked(models) {
        const { retrain } = config.monitoring
        if (!retrain) return
        const rule = { share: retrain.share, restMs: retrain.restDays * 86_400_000 }
        await trainOnDrift({ trainings, registry, now: () => clock.now(), log }, models, rule)
      },
    }),
  )
  const rollouts = stack.use(
    startRollouts({ database, desired, registry, audit, trust, admit: gates.rollout, clock, log, tracing, onChange }),
  )

  const groups = deviceGroups({ database, clock, usersOf: rolloutsOfGroup })
  const stewardship = stack.use(
    startStewardship({
      ...{ database, objects, clock, log },
      everyMs: config.stewardship.everySeconds * 1000,
      overMs: config.stewardship.overHours * 3_600_000,
      keepDays: config.stewardship.keepDays,
    }),
  )
  fleetGauges(metrics, { trust, devices, monitoring, stewardship, upkeep })
  const alertCounts = alertMetrics(metrics.registry)
  const alerts = stack.use(
    startAlerts({
      database,
      sources: subjectSources({ pool: database.pool, objects, telemetry, rollouts }),
      clock,
      realTime,
      log,
      everyMs: config.alerts.everySeconds * 1000,
      keepDays: config.alerts.keepDays,
      secrets: secrets.named ?? {},
      smtpUrl: secrets.smtpUrl,
      mailFrom: config.alerts.mailFrom,
      linkTo: (alert) => `${url}/v1/alerts/${alert}`,
      onOutcome: (receiver, outcome) => alertCounts.notifications.inc({ receiver, outcome }),
      onLooked: (seconds) => alertCounts.looks.observe(seconds),
    }),
  )
  alertCounts.read(alerts)
  const decisions = createDecisions({ pool: database.pool, clock })
  const cpu = stack.use(meterCpu({ database, clock, log, everyMs: 60_000, keepDays: config.cost.keepDays }))
  const kpis = createKpis({
    ...{ pool: database.pool, telemetry, decisions, cpu },
    targets: config.kpis,
    costBefore: config.cost.cpuHoursBefore,
  })
  kpiMetrics(metrics.registry, { kpis, changes: config.comparisons, clock, log })

  const adminToken = secrets.adminToken ?? newSecret()
  const people = { database, clock: realTime }
  const users = createUsers(people)
  const sessions = createSessions({ ...people, users })
  const first = firstAdmin({ ...people, hasConfigured: secrets.adminToken !== undefined })
  const oidc =
    config.oidc && createOidc({ ...people, sessions, settings: config.oidc, clientSecret: secrets.oidcClientSecret })
  const identify = identifier({ pool: database.pool, clock: realTime })
  const access = accessControl({ identify, devices, adminTokens: [adminToken] })
  const enrolment = createEnrolment({
    database,
    authority,
    claims,
    certificates,
    clock,
    days: config.identity.certificateDays,
    mqtt: mqttsUrl,
    admit: devices.admit,
    onEnrolled(device, replaced) {
      if (replaced) onWithdrawn(device)
      onChange()
    },
  })
  const common = { version: VERSION, audit, metrics, log }
  const { renewExpiredDays } = config.identity
  devicesApi = stack.use(
    await startApi({
      ...common,
      ...config.devices,
      tls: identity.tls,
      access: certificateAccess({ authority, certificates, clock, renewExpiredDays }),
      routes: [
        enrolmentRoutes(enrolment),
        supportUploadRoutes(support),
        objectRoutes({ objects, devices, sites, registry }),
        trustRoutes(trust, gates),
      ],
    }),
  )
  const feed = stack.use(await startFeed({ database, log }))
  const loopback = isLoopback(config.http.host)
  const api = stack.use(
    await startApi({
      ...common,
      ...config.http,
      access,
      console: true,
      routes: [
        serviceRoutes({ database, bus, metrics, loopback }),
        eventRoutes({ feed, log }),
        loginRoutes({ sessions, first, oidc, audit, url: () => url }),
        peopleRoutes({ users, tokens: createTokens(people), clock: realTime }),
        statusRoutes((silentHours) => cloudStatus({ database, objects, bus, identity, clock }, silentHours)),
        siteRoutes(sites),
        deviceRoutes(devices),
        overviewRoutes({
          overview: createOverview({ pool: database.pool, clock }),
          bulk: bulkActions({ database, certificates, support, onWithdrawn }),
          views: savedViews({ database, clock: realTime }),
        }),
        groupRoutes(groups),
        supportRoutes(support),
        objectRoutes({ objects, devices, sites, registry }),
        modelRoutes(registry),
        versionRoutes({ registry, objects, sites, trust }),
        servingRoutes(telemetry, registry),
        uploadRoutes(createUploads({ database, clock }), registry),
        trainingRoutes(trainings),
        rolloutRoutes(rollouts, database.pool),
        datasetRoutes(stewardship.catalogue),
        featureViewRoutes(stewardship.catalogue),
        stewardshipRoutes(stewardship),
        alertRoutes(alerts, () => clock.now()),
        alertRuleRoutes(alerts),
        decisionRoutes(decisions),
        kpiRoutes(kpis),
        forecastRoutes(telemetry),
        telemetryRoutes(telemetry, () => clock.now()),
        mergedWindowRoutes(telemetry),
        monitoringRoutes(monitoring, sites),
        quarantineRoutes(quarantine),
        trustRoutes(trust, gates),
        claimRoutes(claims, async () => {
          // A claim that leads nowhere is refused where it is made, not in the shop.
          mqttsUrl()
          return { url: devicesUrl(), ca: authority.digest, root: await newestRoot(trust) }
        }),
        identityRoutes({ authority, certificates, clock }),
        auditRoutes(audit),
        policyRoutes({ governance, gates, registry }),
        appliedRoutes(appliedDocuments({ database, clock })),
      ],
    }),
  )
  url = config.http.publicUrl ?? api.url

  publisher = stack.use(startPublisher({ database, bus, clock, log, tracing, sign: trust.signDesired }))
  await desired.recomposeAll(database)
  publisher.wake()

  const code = await first.newClaim()
  const owned = stack.move()
  return {
    url: api.url,
    devicesUrl: devicesUrl(),
    mqttUrl: withoutLogin(link.url),
    databaseUrl: database.url,
    adminToken,
    ...(code !== undefined && { adminLink: `${url}/claim#${code}` }),
    metrics: metrics.registry,
    failed: database.lost,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
