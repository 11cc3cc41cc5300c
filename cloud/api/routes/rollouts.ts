import {
  DeviceId,
  MEMBER_STATES,
  ModelName,
  ROLLOUT_STATES,
  RolloutDocument,
  SiteId,
} from '@storecast/shared/contracts'
import type { Pool } from 'pg'
import { z } from 'zod'
import type { LabelLimit } from '../../platform/label-limit.ts'
import { limitedRollouts, membersWithin, type Rollouts, VERBS } from '../../rollout/index.ts'
import { nameOf } from '../access.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { Flag, NumberPageQuery, PageQuery, pageOf, UnixMs } from '../schemas.ts'
import { Analysis, Verdict } from './analyses.ts'
import { Standing } from './serving.ts'

const Count = z.int().nonnegative()
const MemberState = z.enum(MEMBER_STATES)

/** Of devices told, by state. */
const toldCounts = {
  told: Count.describe('The sum of the states below'),
  pending: Count,
  updating: Count,
  succeeded: Count,
  failed: Count,
  rolledBack: Count,
  silent: Count.describe('Connected, and not heard of for longer than the deadline, or never there in all their time'),
  offline: Count.describe('Away: they begin when they come back'),
  reverting: Count,
  reverted: Count,
}
const Cohort = z.object({
  step: Count.describe('From 0; as many as there are steps: told to be as all others once every step was done'),
  excluded: Count,
  ...toldCounts,
})
const Rollout = z.object({
  id: z.string(),
  name: z.string(),
  document: z.looseObject({}).describe('As it was started, with its defaults'),
  model: ModelName,
  version: z.int(),
  state: z.enum(ROLLOUT_STATES),
  reason: z.string().nullable().describe('Why it is in that state, or what it waits for'),
  step: Count.describe('The step that goes on, from 0; as many as there are steps once all are done'),
  proven: z.enum(['evidence', 'person']).nullable().describe('Who let it pass 25 % of its devices'),
  full: z.boolean(),
  counts: z.object({
    devices: Count.describe('Every device that is or was in it'),
    excluded: Count.describe('Retired, told otherwise since, or away for too long'),
    late: Count.describe('Those that came after the start'),
    untold: Count.describe('Neither told to serve the version nor excluded'),
    shadow: Count.describe('Of those untold, with the candidate in shadow'),
    ...toldCounts,
  }),
  cohorts: z.array(Cohort).describe('The devices that each step told; steps that told nobody are left out'),
  analysis: Analysis.nullable(),
  createdAt: UnixMs,
  finishedAt: UnixMs.nullable(),
})
const ListedRollout = Rollout.omit({ cohorts: true }).extend({
  analysis: Verdict.nullable().describe('Of the newest, what it came to'),
  steps: Count.describe('How many there are'),
  document: Rollout.shape.document.nullable().describe('As it was started, with its defaults, where asked for'),
})
const RolloutKey = z
  .string()
  .max(64)
  .regex(/^[a-z0-9_-]+$/, 'a rollout’s number or name')
const States = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(ROLLOUT_STATES)))
const RolloutParams = z.object({ rollout: RolloutKey })
const Version = z.int().nullable().describe('Null: none of the model')
const Wanted = z.enum(['none', 'shadow', 'active', 'back', 'withdrawn'])
const First = z.array(DeviceId).describe('The first of them, ten at most')
const StartPlan = z.object({
  name: z.string(),
  model: ModelName,
  version: z.int(),
  devices: Count,
  cohorts: z.array(
    z.object({
      step: Count,
      told: Count.describe('Devices told by then, those of the steps before included'),
      devices: Count,
      first: First,
    }),
  ),
  had: z.array(z.object({ version: Version, devices: Count })).describe('What the devices would go back to'),
})
const VerbPlan = z.object({
  name: z.string(),
  effect: z.string().nullable().describe('Null: nothing would change'),
  state: z.enum(ROLLOUT_STATES).describe('As it would be then, before any device has answered'),
  step: Count,
  changes: z.array(z.object({ to: Wanted, devices: Count, first: First })),
})
const tags = ['rollouts']

export const rolloutRoutes =
  (rollouts: Rollouts, pool: Pool): Routes =>
  (app) => {
    const members = membersWithin(pool)
    const seenBy = (limit: LabelLimit) => limitedRollouts({ rollouts, members }, limit)
    const audit: RouteAudit = {
      async state(client, { params }, made) {
        const which = params.rollout ?? made
        return typeof which === 'string' ? unlessMissing(rollouts.get(which, client)) : undefined
      },
      body: 'kept',
    }
    app.get(
      '/v1/rollouts',
      {
        config: { permission: 'rollout.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Rollouts, newest first; of the newest analysis what it came to',
          querystring: NumberPageQuery.extend({
            model: ModelName.optional(),
            version: z.coerce.number().int().positive().optional(),
            state: States.optional().describe('One state, or several with commas between'),
            document: z.stringbool().default(false).describe('With the documents that they were started with'),
          }),
          response: { 200: pageOf(ListedRollout) },
        },
      },
      ({ query: { cursor, state, ...query }, limit: within }) =>
        seenBy(within).list({ ...query, after: cursor, states: state }),
    )
    app.post(
      '/v1/rollouts',
      {
        config: { permission: 'rollout.write', sites: 'filtered', audit },
        schema: {
          tags,
          summary: 'Start a rollout: a model version to the devices of a selector, in steps, on evidence',
          body: RolloutDocument,
          response: { 201: Rollout },
        },
      },
      async ({ body, principal, limit }, reply) =>
        reply.code(201).send(await rollouts.start(body, nameOf(principal), limit)),
    )
    app.post(
      '/v1/rollouts/plan',
      {
        config: { permission: 'rollout.write', sites: 'filtered', audit: { body: 'kept' } },
        schema: {
          tags,
          summary: 'What a rollout would be: its devices, and the cohort that each step tells; nothing is changed',
          body: RolloutDocument,
          response: { 200: StartPlan },
        },
      },
      ({ body, principal, limit }) => rollouts.planStart(body, nameOf(principal), limit),
    )
    app.get(
      '/v1/queued-actions',
      {
        config: { permission: 'rollout.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'What devices were told while they were away, and until when it waits for them; by device',
          querystring: PageQuery.extend({ device: DeviceId.optional(), rollout: RolloutKey.optional() }),
          response: {
            200: pageOf(
              z.object({
                device: DeviceId,
                rollout: z.string(),
                id: z.string().describe('Number of the rollout'),
                model: ModelName,
                action: z.enum(['serve', 'go-back']),
                version: Version,
                since: UnixMs,
                expiresAt: UnixMs.nullable().describe(
                  'The device goes without then; null: it waits as long as it takes',
                ),
              }),
            ),
          },
        },
      },
      ({ query: { cursor, ...query }, limit: within }) => seenBy(within).queue({ ...query, after: cursor }),
    )
    app.get(
      '/v1/rollouts/:rollout',
      {
        config: { permission: 'rollout.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'One rollout by number, or the newest of a name, with its counts and the newest analysis',
          params: RolloutParams,
          response: { 200: Rollout },
        },
      },
      ({ params, limit }) => seenBy(limit).get(params.rollout),
    )
    app.get(
      '/v1/rollouts/:rollout/devices',
      {
        config: { permission: 'rollout.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Where each device of a rollout is',
          params: RolloutParams,
          querystring: PageQuery.extend({
            state: MemberState.optional(),
            differs: Flag.default(false).describe('Only devices that serve another version than they should'),
          }),
          response: {
            200: pageOf(
              z.object({
                device: DeviceId,
                site: SiteId,
                state: MemberState,
                reason: z.string().nullable(),
                wanted: Wanted,
                step: Count.nullable().describe('That told it to serve the version, from 0'),
                late: z.boolean(),
                previousVersion: z.int().nullable(),
                ...Standing,
                toldAt: UnixMs.nullable(),
              }),
            ),
          },
        },
      },
      ({ params, query: { cursor, ...query }, limit: within }) =>
        seenBy(within).devices(params.rollout, { ...query, after: cursor }),
    )
    app.get(
      '/v1/rollouts/:rollout/history',
      {
        config: { permission: 'rollout.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'What happened in a rollout, who decided it and why; newest first',
          params: RolloutParams,
          querystring: NumberPageQuery,
          response: {
            200: pageOf(z.object({ at: UnixMs, who: z.string(), what: z.string(), reason: z.string() })),
          },
        },
      },
      ({ params, query: { cursor, limit }, limit: within }) =>
        seenBy(within).history(params.rollout, { after: cursor, limit }),
    )
    app.get(
      '/v1/rollouts/:rollout/analyses',
      {
        config: { permission: 'rollout.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Every analysis of a rollout’s evidence with all its figures; newest first',
          params: RolloutParams,
          querystring: NumberPageQuery,
          response: { 200: pageOf(Analysis) },
        },
      },
      ({ params, query: { cursor, limit }, limit: within }) =>
        seenBy(within).analyses(params.rollout, { after: cursor, limit }),
    )
    app.get(
      '/v1/rollouts/:rollout/plan/:verb',
      {
        config: { permission: 'rollout.write', sites: 'filtered' },
        schema: {
          tags,
          summary: 'What a verb would do; nothing is changed',
          params: RolloutParams.extend({ verb: z.enum(VERBS) }),
          response: { 200: VerbPlan },
        },
      },
      ({ params, principal, limit }) => seenBy(limit).planVerb(params.rollout, params.verb, nameOf(principal)),
    )
    app.post(
      '/v1/rollouts/:rollout/:verb',
      {
        config: { permission: 'rollout.write', sites: 'filtered', audit },
        schema: {
          tags,
          summary:
            'Pause, resume, promote (past what holds it, or to every device at once), abort, retry what failed, or undo',
          params: RolloutParams.extend({ verb: z.enum(VERBS) }),
          response: { 200: Rollout },
        },
      },
      ({ params, principal, limit }) => seenBy(limit).act(params.rollout, params.verb, nameOf(principal)),
    )
  }
