import { DeviceId, EntityId, GroupName, SeriesName, SiteId } from '@storecast/shared/contracts'
import { z } from 'zod'
import { type MergedWindows, type MergeKey, RESOLUTIONS, readingsIn, type Telemetry } from '../../telemetry/index.ts'
import type { Routes } from '../route.ts'
import { PageQuery, pageOf, SelectorText, UnixMs } from '../schemas.ts'

const Time = z.coerce.number().pipe(UnixMs)
const Count = z.number().nonnegative()
const Key = z
  .string()
  .regex(
    /^(time|sensor|entity|device|site|label:[a-z][a-z0-9_-]{0,31})$/,
    'time, sensor, entity, device, site or label:<name>',
  )
  .transform((key) => key as MergeKey)
const listOf = <T>(item: z.ZodType<T, string>, most: number) =>
  z
    .string()
    .max(1024)
    .transform((text) => text.split(',').filter((part) => part !== ''))
    .pipe(z.array(item).max(most))
    .refine((items) => new Set(items).size === items.length, 'one comes twice')

const Query = PageQuery.extend({
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,4096}$/, 'not a cursor; use the "next" of the page before')
    .optional(),
  sensor: SeriesName.optional(),
  entity: EntityId.optional(),
  device: DeviceId.optional(),
  site: SiteId.optional(),
  selector: SelectorText.optional(),
  group: GroupName.optional(),
  from: Time.describe('Of what begins at or after'),
  to: Time.describe('Of what begins before'),
  resolution: z.enum(RESOLUTIONS).default('hour').describe('Hours and days are those of each site’s own calendar'),
  by: listOf(Key, 8)
    .default(['time', 'sensor', 'entity', 'device'])
    .describe('What stays apart, of time, sensor, entity, device, site and label:<name>; everything else is merged'),
  quantiles: listOf(z.string().transform(Number).pipe(z.number().min(0).max(1)), 20).default([0.1, 0.5, 0.9]),
}).refine(({ from, to }) => from < to, 'from: not before to')

const Row = z.object({
  key: z.record(z.string(), z.string().nullable()).describe('By `by`, without time; null: no such label'),
  day: z.string().optional().describe('Local date, at resolution "day" by time'),
  start: UnixMs.describe('Of the first window that was merged'),
  end: UnixMs.describe('Of the last'),
  unit: z.string().nullable().describe('null: the site does not define the sensor, values are whole steps'),
  resolution: z.number().describe('Of a value, in the unit'),
  series: Count.describe('How many were merged'),
  count: Count,
  sum: z.number(),
  min: z.number().nullable().describe('null: nothing was counted'),
  max: z.number().nullable(),
  last: z.number().nullable().describe('Of the window that ends last'),
  quantiles: z
    .record(z.string(), z.number().nullable())
    .describe('Within 1 % of the distance to the sensor’s centre; null: nothing was counted'),
  ...{ missing: Count, late: Count, outOfRange: Count, flat: Count, duplicate: Count },
  ...{ wrongType: Count, wrongUnit: Count, untrusted: Count },
})

function viewOf({ key, day, start, end, scale, series, count, quality, ...merged }: MergedWindows, wanted: number[]) {
  const { unit, deviation } = readingsIn(scale)
  const inUnit = (steps: number | null) => (steps === null ? null : unit(steps))
  const { sketch } = merged
  return {
    ...{ key, start, end, series, count, ...quality },
    ...(day !== undefined && { day }),
    unit: scale.unit,
    resolution: scale.resolution,
    sum: unit(merged.sum),
    min: inUnit(merged.min),
    max: inUnit(merged.max),
    last: inUnit(merged.last),
    quantiles: Object.fromEntries(
      wanted.map((q) => [String(q), sketch.count === 0 ? null : deviation(sketch.quantile(q))]),
    ),
  }
}

/** Windows merged over time, devices, sites and labels. */
export const mergedWindowRoutes =
  (telemetry: Telemetry): Routes =>
  (app) => {
    app.get(
      '/v1/windows',
      {
        config: { permission: 'telemetry.read', sites: 'filtered' },
        schema: {
          tags: ['telemetry'],
          summary: 'Windows of any series, merged over devices, sites and labels, by time and whatever stays apart',
          querystring: Query,
          response: { 200: pageOf(Row) },
        },
      },
      async ({ query: { cursor, quantiles, selector, group, ...query }, limit: within }) => {
        const groups = group === undefined ? [] : [group]
        const selected = { labels: {}, expressions: [], ...selector, groups }
        const { items, next } = await telemetry.mergedPage({ ...query, selector: selected, after: cursor, within })
        return { items: items.map((item) => viewOf(item, quantiles)), ...(next !== undefined && { next }) }
      },
    )
  }
