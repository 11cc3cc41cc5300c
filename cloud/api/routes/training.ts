import { LocalDay, ModelDefinition, ModelName } from '@storecast/shared/contracts'
import { z } from 'zod'
import { type LabelLimit, liesWithin } from '../../platform/label-limit.ts'
import { type Trainings, unknownRun } from '../../training/index.ts'
import { requireNamesLimit } from '../guard.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { Labels, NumberPageQuery, pageOf, UnixMs } from '../schemas.ts'
import { Alias } from './models.ts'

const State = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled'])

const TrainingRun = z.object({
  id: z.string(),
  model: ModelName,
  definition: ModelDefinition,
  selector: z.record(z.string(), z.string()),
  from: LocalDay.optional(),
  to: LocalDay.optional(),
  alias: z.string().nullable(),
  state: State,
  attempts: z.int().describe('How often a process began it; above 1 after a crash'),
  step: z.string().describe('queued, dataset, train, register, done'),
  progress: z
    .object({
      sites: z.int().describe('In the step dataset: sites that were read'),
      of: z.int(),
      stage: z.string().describe('In the step train: reading, training, exporting, done'),
      part: z.number().min(0).max(1),
      message: z.string(),
    })
    .partial()
    .nullable(),
  dataset: z
    .object({
      sha256: z.string(),
      bytes: z.int(),
      rows: z.int(),
      sites: z.int().describe('Sites with rows'),
      selected: z.int().describe('Sites that the selector names'),
    })
    .nullable(),
  version: z.int().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  createdAt: UnixMs,
  startedAt: UnixMs.nullable(),
  finishedAt: UnixMs.nullable(),
})
const TrainingSpec = z
  .strictObject({
    definition: ModelDefinition,
    selector: Labels.default({}).describe('Labels of the sites to learn from; empty: all'),
    from: LocalDay.optional(),
    to: LocalDay.optional(),
    alias: Alias.nullable().default('candidate').describe('Alias to point at the new version; null: none'),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, 'from is after to')
const RunParams = z.object({ run: z.string().regex(/^\d{1,15}$/, 'a training run’s number') })
const tags = ['training']

export const trainingRoutes =
  (trainings: Trainings): Routes =>
  (app) => {
    /** @throws NotFoundError also where it learns of sites beyond the limit */
    const runWithin = async (id: string, limit: LabelLimit) => {
      const run = await trainings.get(id)
      return liesWithin(run.selector, limit) ? run : unknownRun(id)
    }
    const audit: RouteAudit = {
      async state(client, { params }, made) {
        const id = params.run ?? made
        if (typeof id !== 'string') return undefined
        const run = await unlessMissing(trainings.get(id, client))
        return run && withoutDefinition(run)
      },
      body: 'kept',
    }
    app.get(
      '/v1/training-runs',
      {
        config: { permission: 'training.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Training runs, newest first',
          querystring: NumberPageQuery.extend({ model: ModelName.optional() }),
          response: { 200: pageOf(TrainingRun) },
        },
      },
      ({ query: { cursor, limit, model }, limit: within }) => trainings.list({ after: cursor, limit, model, within }),
    )
    app.post(
      '/v1/training-runs',
      {
        config: { permission: 'training.write', sites: 'filtered', audit },
        schema: {
          tags,
          summary: 'Train a definition on what devices have sent, and register the model',
          body: TrainingSpec,
          response: { 202: TrainingRun },
        },
      },
      async ({ body, limit }, reply) => {
        requireNamesLimit(body.selector, limit)
        return reply.code(202).send(await trainings.begin(body))
      },
    )
    app.get(
      '/v1/training-runs/:run',
      {
        config: { permission: 'training.read', sites: 'filtered' },
        schema: { tags, summary: 'One training run', params: RunParams, response: { 200: TrainingRun } },
      },
      ({ params, limit }) => runWithin(params.run, limit),
    )
    app.post(
      '/v1/training-runs/:run/cancel',
      {
        config: { permission: 'training.write', sites: 'filtered', audit },
        schema: { tags, summary: 'Stop a training run', params: RunParams, response: { 200: TrainingRun } },
      },
      async ({ params, limit }) => {
        await runWithin(params.run, limit)
        return trainings.cancel(params.run)
      },
    )
  }

/** What was asked holds the definition already. */
const withoutDefinition = ({ definition: _, ...run }: { readonly definition: unknown }) => run
