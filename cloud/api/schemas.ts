import { ObjectRef, parseSelectorText } from '@storecast/shared/contracts'
import { z } from 'zod'

/** Label values travel in URLs and metrics of others: short, one line. */
export const Labels = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, 'label names: lower-case letters, digits, "-" and "_"'),
    z.string().regex(/^[^\p{C}]{0,64}$/u, 'label values: up to 64 printable characters'),
  )
  .refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels')

export const UnixMs = z.int().nonnegative().describe('Unix milliseconds, UTC')

const CURSOR = 'The `next` of the page before; absent: the first page'

/** Keys of a page's position; what the server gave as `next`. */
export const PageQuery = z.strictObject({
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,512}$/, 'not a cursor; use the "next" of the page before')
    .optional()
    .describe(CURSOR),
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('As many items a page holds'),
})

/** A position in a list ordered by number. */
export const NumberPageQuery = PageQuery.extend({
  cursor: z
    .string()
    .regex(/^\d{1,15}$/, 'not a cursor; use the "next" of the page before')
    .optional()
    .describe(CURSOR),
})

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().optional().describe('Give it as `cursor` for the next page') })

/** `true` or `false` of a query. */
export const Flag = z.enum(['true', 'false']).transform((text) => text === 'true')

/** `region=eu,tier!=museum,site in (berlin,oslo)`: conditions on labels that all must hold. */
export const SelectorText = z
  .string()
  .max(1024)
  .transform((text, context) => {
    try {
      return parseSelectorText(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
      return z.NEVER
    }
  })

export const Refs = z.partialRecord(z.enum(['catalogue', 'sensors', 'covariates']), ObjectRef)

const Time = z.coerce.number().pipe(UnixMs)
/** Of a query. */
export const Span = {
  from: Time.default(0).describe('Of what begins at or after, Unix milliseconds'),
  to: Time.default(8_640_000_000_000_000).describe('Of what begins before, Unix milliseconds'),
}
