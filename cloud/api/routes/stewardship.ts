import { DatasetName, DeviceId, QualityDimension, QualityRules, SensorName, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import type { Stewardship } from '../../stewardship/index.ts'
import { nameOf } from '../access.ts'
import { type RouteAudit, unlessMissing } from '../recorder.ts'
import type { Routes } from '../route.ts'
import { NumberPageQuery, PageQuery, pageOf, UnixMs } from '../schemas.ts'

const Count = z.int().nonnegative()
const Share = z.number().min(0).max(1)
const Task = z.object({
  id: z.int(),
  device: DeviceId,
  site: SiteId,
  sensor: SensorName,
  dimension: QualityDimension,
  dataset: z
    .string()
    .nullable()
    .describe('As the catalogue had it when the task was opened, with its owner and steward'),
  owner: z.string().nullable(),
  steward: z.string().nullable(),
  assignee: z.string().nullable(),
  state: z.enum(['open', 'acknowledged', 'closed']),
  threshold: Share,
  score: Share.describe('The newest'),
  worst: Share,
  openedAt: UnixMs,
  scoredAt: UnixMs,
  closedAt: UnixMs.nullable(),
  endReason: z.enum(['recovered', 'closed', 'gone']).nullable(),
})
const Entry = z.object({
  id: z.int(),
  at: UnixMs,
  who: z.string().nullable().describe('Null: the cloud itself'),
  action: z.enum(['opened', 'acknowledged', 'assigned', 'commented', 'closed']),
  note: z.string(),
})
const Scores = z.object(
  Object.fromEntries(
    [...QualityDimension.options, 'overall' as const].map((name) => [name, Share.nullable()]),
  ) as Record<QualityDimension | 'overall', z.ZodNullable<typeof Share>>,
)
const Quality = z.object({
  device: DeviceId,
  site: SiteId,
  sensor: SensorName,
  scores: Scores.describe('Null where the span holds nothing that could tell'),
  thresholds: QualityRules.shape.thresholds.unwrap(),
  counts: z.object({
    count: Count,
    missing: Count,
    late: Count,
    outOfRange: Count,
    flat: Count,
    duplicate: Count,
    wrongType: Count,
    wrongUnit: Count,
    untrusted: Count,
  }),
})
const SiteParams = z.object({ site: SiteId })
const TaskParams = z.object({ task: z.coerce.number().int().positive() })
const Note = z.string().trim().max(2000)
const Optional = z.strictObject({ note: Note.default('') })
const Assignment = z.strictObject({ assignee: z.string().trim().min(1).max(128), note: Note.default('') })
const Comment = z.strictObject({ note: Note.min(1) })
const tags = ['stewardship']

/** Scores of data quality, and the tasks that follow from them. */
export const stewardshipRoutes =
  ({ tasks, quality, look }: Stewardship): Routes =>
  (app) => {
    const audit: RouteAudit = {
      state: (client, { params }) => unlessMissing(tasks.get(params.task, client)),
      body: 'kept',
    }
    app.get(
      '/v1/data-quality',
      {
        config: { permission: 'task.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Quality of sensors’ data over a span, by device and sensor; a page holds so many devices',
          querystring: PageQuery.extend({
            from: z.coerce.number().int().nonnegative().describe('Windows that end after'),
            to: z.coerce.number().int().nonnegative().describe('Windows that end by then'),
            device: DeviceId.optional(),
            site: SiteId.optional(),
            sensor: SensorName.optional(),
          }),
          response: { 200: pageOf(Quality) },
        },
      },
      ({ query: { cursor, ...query }, limit: within }) => quality({ ...query, after: cursor, within }),
    )
    app.post(
      '/v1/sites/:site/quality-looks',
      {
        config: { permission: 'task.write', sites: 'params.site', audit: { body: 'kept' } },
        schema: {
          tags,
          summary: 'Judge a site’s data now and not at the next turn: what was mended closes its task at once',
          params: SiteParams,
          body: z.strictObject({ until: UnixMs.nullable().default(null).describe('Data up to then; null: now') }),
          response: {
            200: z.object({ until: UnixMs, opened: z.array(Task), closed: z.array(Task) }),
          },
        },
      },
      async ({ params, body }) => {
        const { until, opened, closed } = await look(params.site, body.until)
        return { until, opened: [...opened], closed: [...closed] }
      },
    )
    app.get(
      '/v1/stewardship-tasks',
      {
        config: { permission: 'task.read', sites: 'filtered' },
        schema: {
          tags,
          summary: 'Stewardship tasks, newest first',
          querystring: NumberPageQuery.extend({
            state: z.enum(['open', 'acknowledged', 'closed', 'standing']).optional().describe('standing: not closed'),
            device: DeviceId.optional(),
            site: SiteId.optional(),
            sensor: SensorName.optional(),
            dataset: DatasetName.optional(),
            steward: z.string().max(128).optional().describe('Assignee, or steward where nobody is assigned'),
          }),
          response: { 200: pageOf(Task) },
        },
      },
      ({ query: { cursor, ...query }, limit: within }) => tasks.list({ ...query, after: cursor, within }),
    )
    app.get(
      '/v1/stewardship-tasks/:task',
      {
        config: { permission: 'task.read', sites: 'params.task' },
        schema: { tags, summary: 'One stewardship task', params: TaskParams, response: { 200: Task } },
      },
      ({ params }) => tasks.get(params.task),
    )
    app.get(
      '/v1/stewardship-tasks/:task/history',
      {
        config: { permission: 'task.read', sites: 'params.task' },
        schema: {
          tags,
          summary: 'What happened to a task, oldest first',
          params: TaskParams,
          querystring: NumberPageQuery,
          response: { 200: pageOf(Entry) },
        },
      },
      ({ params, query: { cursor, limit } }) => tasks.history(params.task, { after: cursor, limit }),
    )
    app.post(
      '/v1/stewardship-tasks/:task/acknowledge',
      {
        config: { permission: 'task.write', sites: 'params.task', audit },
        schema: {
          tags,
          summary: 'Take a task up; who does is its assignee where there is none',
          params: TaskParams,
          body: Optional,
          response: { 200: Task },
        },
      },
      ({ params, body, principal }) => tasks.acknowledge(params.task, { ...body, who: nameOf(principal) }),
    )
    app.post(
      '/v1/stewardship-tasks/:task/assign',
      {
        config: { permission: 'task.write', sites: 'params.task', audit },
        schema: {
          tags,
          summary: 'Give a task to somebody',
          params: TaskParams,
          body: Assignment,
          response: { 200: Task },
        },
      },
      ({ params, body, principal }) => tasks.assign(params.task, { ...body, who: nameOf(principal) }),
    )
    app.post(
      '/v1/stewardship-tasks/:task/comments',
      {
        config: { permission: 'task.write', sites: 'params.task', audit },
        schema: {
          tags,
          summary: 'Say something on a task',
          params: TaskParams,
          body: Comment,
          response: { 200: Task },
        },
      },
      ({ params, body, principal }) => tasks.comment(params.task, { ...body, who: nameOf(principal) }),
    )
    app.post(
      '/v1/stewardship-tasks/:task/close',
      {
        config: { permission: 'task.write', sites: 'params.task', audit },
        schema: {
          tags,
          summary: 'Close a task that has not recovered; no other is opened before it has',
          params: TaskParams,
          body: Optional,
          response: { 200: Task },
        },
      },
      ({ params, body, principal }) => tasks.close(params.task, { ...body, who: nameOf(principal) }),
    )
  }
