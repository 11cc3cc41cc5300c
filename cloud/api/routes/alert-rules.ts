import { AlertRoute, AlertRouteName, AlertRule, AlertRuleName } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Alerts } from '../../alerts/index.ts'
import { documentRoutes } from '../documents.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf, UnixMs } from '../schemas.ts'

const Count = z.int().nonnegative()
const RuleStanding = z.object({
  document: AlertRule,
  askedAt: UnixMs.nullable(),
  error: z.string().nullable().describe('What could not be evaluated when it was asked last, of one subject'),
  pending: Count,
  firing: Count,
})
const tags = ['alerts']
const read = { permission: 'alert.read', sites: 'all' } as const
const MAX_PREVIEWED = 100

/** Rules and routes of alerts, as documents. */
export const alertRuleRoutes =
  (alerts: Alerts): Routes =>
  (app) => {
    app.get(
      '/v1/alert-rules',
      {
        config: read,
        schema: {
          tags,
          summary: 'Alert rules, and how each went when it was asked last',
          querystring: PageQuery,
          response: { 200: pageOf(RuleStanding) },
        },
      },
      ({ query: { cursor, limit } }) => alerts.rules({ after: cursor, limit }),
    )
    documentRoutes(app, {
      ...{ path: '/v1/alert-rules', parameter: 'rule', called: 'alert rule', misnamed: 'document-name', tags },
      ...{ name: AlertRuleName, document: AlertRule, shown: RuleStanding, read, write: 'alert.write' },
      summaries: {
        one: 'One alert rule',
        put: 'Create or replace an alert rule',
        remove: 'Remove an alert rule; its alerts are resolved',
      },
      kept: { get: alerts.rule, put: alerts.putRule, remove: alerts.removeRule },
      state: async (client, name) => (await alerts.rule(name, client)).document,
    })
    app.post(
      '/v1/alert-rule-evaluations',
      {
        config: { permission: 'alert.read', sites: 'all', audit: { body: 'kept' } },
        schema: {
          tags,
          summary: 'What a rule would say now; nothing is done',
          body: AlertRule,
          response: {
            200: z.object({
              subjects: Count.describe('Subjects that there are of the rule’s kind'),
              true: Count.describe('Of how many the condition is true now'),
              unknown: Count.describe('Of how many it cannot be told'),
              error: z.string().nullable(),
              conditions: z
                .array(
                  z.object({
                    subject: z.string(),
                    site: z.string().nullable(),
                    labels: z.record(z.string(), z.string()),
                    summary: z.string(),
                  }),
                )
                .describe(`The first ${MAX_PREVIEWED}`),
            }),
          },
        },
      },
      async ({ body }) => {
        const { conditions, unknown, error, subjects } = await alerts.preview(body)
        return {
          ...{ subjects, true: conditions.length, unknown: unknown.size, error },
          conditions: conditions
            .slice(0, MAX_PREVIEWED)
            .map(({ subject, site, labels, summary }) => ({ subject, site, labels: { ...labels }, summary })),
        }
      },
    )
    app.get(
      '/v1/alert-routes',
      {
        config: read,
        schema: {
          tags,
          summary: 'Where alerts are sent',
          querystring: PageQuery,
          response: { 200: pageOf(AlertRoute) },
        },
      },
      ({ query: { cursor, limit } }) => alerts.routes({ after: cursor, limit }),
    )
    documentRoutes(app, {
      ...{ path: '/v1/alert-routes', parameter: 'route', called: 'alert route', misnamed: 'document-name', tags },
      ...{ name: AlertRouteName, document: AlertRoute, shown: AlertRoute, read, write: 'alert.write' },
      summaries: { one: 'One alert route', put: 'Create or replace an alert route', remove: 'Remove an alert route' },
      kept: { get: alerts.route, put: alerts.putRoute, remove: alerts.removeRoute },
      state: (client, name) => alerts.route(name, client),
    })
  }
