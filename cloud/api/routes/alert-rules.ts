import { AlertRoute, AlertRouteName, AlertRule, AlertRuleName } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Alerts } from '../../alerts/index.ts'
import { InvalidError } from '../../platform/errors.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
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
const RuleParams = z.object({ rule: AlertRuleName })
const RouteParams = z.object({ route: AlertRouteName })
const tags = ['alerts']
const MAX_PREVIEWED = 100

/** Rules and routes of alerts, as documents. */
export const alertRuleRoutes =
  (alerts: Alerts): Routes =>
  (app) => {
    const ruleAudit: RouteAudit = {
      state: async (client, { params }) => (await unlessMissing(alerts.rule(params.rule, client)))?.document,
      body: 'kept',
    }
    const routeAudit: RouteAudit = {
      state: (client, { params }) => unlessMissing(alerts.route(params.route, client)),
      body: 'kept',
    }
    app.get(
      '/v1/alert-rules',
      {
        config: { permission: 'alert.read', sites: 'all' },
        schema: {
          tags,
          summary: 'Alert rules, and how each went when it was asked last',
          querystring: PageQuery,
          response: { 200: pageOf(RuleStanding) },
        },
      },
      ({ query: { cursor, limit } }) => alerts.rules({ after: cursor, limit }),
    )
    app.get(
      '/v1/alert-rules/:rule',
      {
        config: { permission: 'alert.read', sites: 'all' },
        schema: { tags, summary: 'One alert rule', params: RuleParams, response: { 200: RuleStanding } },
      },
      ({ params }) => alerts.rule(params.rule),
    )
    app.put(
      '/v1/alert-rules/:rule',
      {
        config: { permission: 'alert.write', sites: 'all', audit: ruleAudit },
        schema: {
          tags,
          summary: 'Create or replace an alert rule',
          params: RuleParams,
          body: AlertRule,
          response: { 200: RuleStanding },
        },
      },
      ({ params, body }) => {
        requireName(params.rule, body.metadata.name, 'alert-rules')
        return alerts.putRule(body)
      },
    )
    app.delete(
      '/v1/alert-rules/:rule',
      {
        config: { permission: 'alert.write', sites: 'all', audit: ruleAudit },
        schema: { tags, summary: 'Remove an alert rule; its alerts are resolved', params: RuleParams },
      },
      async ({ params }, reply) => {
        await alerts.removeRule(params.rule)
        return reply.code(204).send()
      },
    )
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
        config: { permission: 'alert.read', sites: 'all' },
        schema: {
          tags,
          summary: 'Where alerts are sent',
          querystring: PageQuery,
          response: { 200: pageOf(AlertRoute) },
        },
      },
      ({ query: { cursor, limit } }) => alerts.routes({ after: cursor, limit }),
    )
    app.get(
      '/v1/alert-routes/:route',
      {
        config: { permission: 'alert.read', sites: 'all' },
        schema: { tags, summary: 'One alert route', params: RouteParams, response: { 200: AlertRoute } },
      },
      ({ params }) => alerts.route(params.route),
    )
    app.put(
      '/v1/alert-routes/:route',
      {
        config: { permission: 'alert.write', sites: 'all', audit: routeAudit },
        schema: {
          tags,
          summary: 'Create or replace an alert route',
          params: RouteParams,
          body: AlertRoute,
          response: { 200: AlertRoute },
        },
      },
      ({ params, body }) => {
        requireName(params.route, body.metadata.name, 'alert-routes')
        return alerts.putRoute(body)
      },
    )
    app.delete(
      '/v1/alert-routes/:route',
      {
        config: { permission: 'alert.write', sites: 'all', audit: routeAudit },
        schema: { tags, summary: 'Remove an alert route', params: RouteParams },
      },
      async ({ params }, reply) => {
        await alerts.removeRoute(params.route)
        return reply.code(204).send()
      },
    )
  }

function requireName(asked: string, named: string, list: string): void {
  if (asked === named) return
  throw new InvalidError({
    code: 'document-name',
    message: `The document is named ${named} and was sent for ${asked}. Send it to /v1/${list}/${named}.`,
  })
}
