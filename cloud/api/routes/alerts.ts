import { ALERT_SUBJECTS, LabelName, LabelValue, SEVERITIES, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Alerts } from '../../alerts/index.ts'
import { InvalidError } from '../../platform/errors.ts'
import { nameOf } from '../access.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { NumberPageQuery, pageOf, UnixMs } from '../schemas.ts'

const Id = z.coerce.number().int().positive()
const Count = z.int().nonnegative()
const MatchLabels = z.record(LabelName, LabelValue)
const Alert = z.object({
  id: z.int(),
  rule: z.string(),
  subject: z.string().describe('What it is about: a device, a region…, as the rule says'),
  about: z.enum(ALERT_SUBJECTS).nullable().describe('Kind of what it is about; null: its rule is no more'),
  site: z.string().nullable(),
  state: z.enum(['pending', 'firing', 'resolved']),
  severity: z.enum(SEVERITIES),
  labels: z.record(z.string(), z.string()),
  summary: z.string(),
  since: UnixMs.describe('Since when the condition was true'),
  firedAt: UnixMs.nullable(),
  resolvedAt: UnixMs.nullable(),
  endReason: z.string().nullable(),
  inhibitedBy: z.int().nullable().describe('The alert that tells of it already: routes are told of that one'),
  silencedBy: z.int().nullable(),
  acknowledgedAt: UnixMs.nullable(),
  acknowledgedBy: z.string().nullable(),
  note: z.string().nullable(),
})
const Notification = z.object({
  id: z.int(),
  alert: z.int(),
  route: z.string(),
  status: z.enum(['firing', 'resolved']),
  state: z.enum(['queued', 'sent', 'failed']),
  attempts: Count,
  nextAt: UnixMs.nullable().describe('When it is sent next; null: no more'),
  sentAt: UnixMs.nullable(),
  error: z.string().nullable().describe('Why it was not taken the last time'),
  createdAt: UnixMs,
})
const Silence = z.object({
  id: z.int(),
  labels: z.record(z.string(), z.string()),
  startsAt: UnixMs,
  endsAt: UnixMs,
  createdBy: z.string(),
  comment: z.string(),
})
const YEAR = 366 * 86_400_000
const NewSilence = z.strictObject({
  labels: MatchLabels.refine(
    (labels) => Object.keys(labels).length > 0,
    'at least one label: all alerts are too many',
  ).describe('What an alert has to carry, all of it; "rule" stands for the rule’s name'),
  startsAt: UnixMs.optional().describe('Absent: now'),
  endsAt: UnixMs,
  comment: z.string().trim().min(1).max(500),
})
const AlertParams = z.object({ alert: Id })
const tags = ['alerts']

export const alertRoutes =
  (alerts: Alerts, now: () => number): Routes =>
  (app) => {
    const audit: RouteAudit = {
      state: (client, { params }) => unlessMissing(alerts.get(params.alert, client)),
      body: 'kept',
    }
    app.get(
      '/v1/alerts',
      {
        config: { permission: 'alert.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Alerts, newest first',
          querystring: NumberPageQuery.extend({
            state: z.enum(['pending', 'firing', 'resolved']).optional(),
            severity: z.enum(SEVERITIES).optional(),
            rule: z.string().max(64).optional(),
            site: SiteId.optional(),
          }),
          response: { 200: pageOf(Alert) },
        },
      },
      ({ query: { cursor, ...query }, limit: within }) => alerts.list({ ...query, after: cursor, within }),
    )
    app.get(
      '/v1/alerts/:alert',
      {
        config: { permission: 'alert.read', sites: 'params.alert' },
        schema: { tags, summary: 'One alert', params: AlertParams, response: { 200: Alert } },
      },
      ({ params }) => alerts.get(params.alert),
    )
    app.get(
      '/v1/alerts/:alert/notifications',
      {
        config: { permission: 'alert.read', sites: 'params.alert' },
        schema: {
          tags,
          summary: 'What routes were told of an alert, and what they have yet to be told',
          params: AlertParams,
          querystring: NumberPageQuery,
          response: { 200: pageOf(Notification) },
        },
      },
      ({ params, query: { cursor, limit } }) => alerts.notifications(params.alert, { after: cursor, limit }),
    )
    app.post(
      '/v1/alerts/:alert/acknowledge',
      {
        config: { permission: 'alert.acknowledge', sites: 'params.alert', audit },
        schema: {
          tags,
          summary: 'Say that somebody has taken the alert up',
          params: AlertParams,
          body: z.strictObject({ note: z.string().max(500).default('') }),
          response: { 200: Alert },
        },
      },
      ({ params, body: { note }, principal }) => alerts.acknowledge(params.alert, { who: nameOf(principal), note }),
    )
    app.post(
      '/v1/alert-notifications/:notification/send',
      {
        config: { permission: 'alert.write', sites: 'all', audit: {} },
        schema: {
          tags,
          summary: 'Send again what could not be sent',
          params: z.object({ notification: Id }),
          response: { 200: Notification },
        },
      },
      ({ params }) => alerts.sendAgain(params.notification),
    )
    app.get(
      '/v1/silences',
      {
        config: { permission: 'alert.read', sites: 'all' },
        schema: {
          tags,
          summary: 'Silences that have not ended, newest first',
          querystring: NumberPageQuery,
          response: { 200: pageOf(Silence) },
        },
      },
      ({ query: { cursor, limit } }) => alerts.silences({ after: cursor, limit }),
    )
    app.post(
      '/v1/silences',
      {
        config: { permission: 'alert.write', sites: 'all', audit: { body: 'kept' } },
        schema: {
          tags,
          summary: 'Tell nobody of alerts with these labels for a time; they are shown all the same',
          body: NewSilence,
          response: { 201: Silence },
        },
      },
      async ({ body: { labels, startsAt = now(), endsAt, comment }, principal }, reply) => {
        requireSpan(startsAt, endsAt, now())
        return reply
          .code(201)
          .send(await alerts.silence({ labels, startsAt, endsAt, comment, createdBy: nameOf(principal) }))
      },
    )
    app.delete(
      '/v1/silences/:silence',
      {
        config: { permission: 'alert.write', sites: 'all', audit: {} },
        schema: { tags, summary: 'End a silence now', params: z.object({ silence: Id }), response: { 200: Silence } },
      },
      ({ params }) => alerts.endSilence(params.silence),
    )
  }

function requireSpan(startsAt: number, endsAt: number, at: number): void {
  if (endsAt > startsAt && endsAt > at && endsAt - startsAt <= YEAR) return
  throw new InvalidError({
    code: 'silence-span',
    message: 'A silence ends after it begins, in the future, and within a year. Give "endsAt" in Unix milliseconds.',
  })
}
