import { z } from 'zod'
import { AlertRouteName, AlertRuleName, SecretName } from './names.ts'
import { CelText, Duration, durationMs, LabelName, LabelValue } from './scalars.ts'

/** What a rule looks at, one after another; docs/cloud-team/alerts.md lists what is known of each. */
export const ALERT_SUBJECTS = ['device', 'sensor', 'forecast', 'region', 'fleet', 'rollout', 'task', 'drift'] as const
export type AlertSubject = (typeof ALERT_SUBJECTS)[number]

export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

const LONGEST_OVER_MS = 31 * 86_400_000

/** Text with CEL in it: `{{device.id}} has been silent for {{device.silentSeconds}} s`. */
const Template = z.string().min(1).max(2000).describe('Text; {{…}} holds a CEL expression')

/**
 * A condition in CEL over what is known of a subject. Where it has been true for `for`, the subject has an alert that fires;
 * one alert a rule and subject, until the condition is false.
 */
export const AlertRule = z.strictObject({
  apiVersion: z.literal('storecast/v1'),
  kind: z.literal('AlertRule'),
  metadata: z.strictObject({ name: AlertRuleName, description: z.string().max(1000).default('') }),
  spec: z.strictObject({
    subject: z.enum(ALERT_SUBJECTS),
    /**
     * The newest span of readings or forecasts that is looked at, 31 days at most. Absent: an hour of readings, 7 days of
     * forecasts.
     */
    over: Duration.refine(
      (over) => durationMs(over) <= LONGEST_OVER_MS,
      'at most 31d: it is read at every look',
    ).optional(),
    /** Subjects for which this is not true are left out. Absent: none is. */
    match: CelText.optional(),
    when: CelText,
    /** How long it has to be true before the alert fires. Absent: at once. */
    for: Duration.optional(),
    /** How long it has to be false again before the alert is resolved. Absent: at once. */
    clearFor: Duration.optional(),
    severity: z.enum(SEVERITIES).default('warning'),
    /** Go with the alert, over the subject's own. */
    labels: z.record(LabelName, LabelValue).default({}),
    /** One line for people. */
    summary: Template,
    /** What to do about it: where a page on it is. */
    runbook: z.url({ protocol: /^https?$/ }).optional(),
    /** Tells nobody while an alert of another rule fires that has the same values of these labels. */
    inhibitedBy: z
      .array(z.strictObject({ rule: AlertRuleName, equal: z.array(LabelName).max(8).default([]) }))
      .max(16)
      .default([]),
  }),
})
export type AlertRule = z.infer<typeof AlertRule>

const WebUrl = z.url({ protocol: /^https?$/ }).max(2000)
const Secret = z.strictObject({ secret: SecretName })
/** A value, or the secret that holds it. */
const OrSecret = <T extends z.ZodType>(value: T) => z.union([value, Secret])

const HeaderName = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'a header name')
const WebhookCall = z.strictObject({
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  url: OrSecret(Template),
  headers: z.record(HeaderName, OrSecret(Template)).default({}),
  /** JSON; texts in it are templates, and one that is a single `{{…}}` becomes its value. Absent: the alert. */
  body: z.json().meta({ id: 'JsonValue' }).optional(),
})

const Receiver = z.discriminatedUnion('type', [
  /** Prometheus Alertmanager, v2 API: `url` is its root. Firing alerts are repeated, as it wants. */
  z.strictObject({ type: z.literal('alertmanager'), url: OrSecret(WebUrl), bearer: Secret.optional() }),
  /** Slack's incoming webhooks, and what takes their form. */
  z.strictObject({ type: z.literal('slack'), url: OrSecret(WebUrl) }),
  /** PagerDuty Events API v2. */
  z.strictObject({
    type: z.literal('pagerduty'),
    url: WebUrl.default('https://events.pagerduty.com/v2/enqueue'),
    routingKey: Secret,
  }),
  z.strictObject({ type: z.literal('webhook'), firing: WebhookCall, resolved: WebhookCall.optional() }),
  /** By the SMTP server of the cloud's configuration. */
  z.strictObject({ type: z.literal('email'), to: z.array(z.email()).min(1).max(50) }),
])
export type AlertReceiver = z.infer<typeof Receiver>

/** Where alerts are sent. Each route that matches gets the alert. */
export const AlertRoute = z.strictObject({
  apiVersion: z.literal('storecast/v1'),
  kind: z.literal('AlertRoute'),
  metadata: z.strictObject({ name: AlertRouteName, description: z.string().max(1000).default('') }),
  spec: z.strictObject({
    /** CEL over `alert`. Absent: every alert. */
    match: CelText.optional(),
    receiver: Receiver,
    /** Whether the end of an alert is told as well. */
    resolved: z.boolean().default(true),
    /** Tells nothing for now. */
    suspend: z.boolean().default(false),
    /** Tells a firing alert again after so long. Absent: once, and every minute to an Alertmanager. */
    repeat: Duration.optional(),
  }),
})
export type AlertRoute = z.infer<typeof AlertRoute>
