import type { Calendar } from '@storecast/shared/windows'
import { z } from 'zod'
import { timeOf } from './convert.ts'
import { isRefusal } from './gate.ts'
import { decodeJson } from './json-mapping.ts'
import {
  PushError,
  type PushOptions,
  type PushReply,
  type PushRequest,
  type RefusedPart,
  readText,
  store,
} from './push.ts'
import type { Reading } from './reading.ts'
import type { Refusal } from './refusals.ts'

const Item = z.strictObject({
  sensor: z.string(),
  entity: z.string().optional(),
  /** ISO 8601 with an offset, or unix milliseconds; left out: when it arrives. */
  time: z.union([z.string(), z.number()]).optional(),
  value: z.union([z.number(), z.boolean(), z.string()]),
  /** Checked against the sensor's. */
  unit: z.string().optional(),
  id: z.union([z.string(), z.number()]).optional(),
})

const MOST_ITEMS = 100_000
const SOURCE = 'http'

/**
 * `POST /v1/readings`: `{ "readings": [{ "sensor", "entity", "time", "value", "unit", "id" }] }`, the list itself, or one reading.
 * Each item that is refused is named by its index; the others are stored.
 */
export function jsonPush({ gate, intake, refusals, maxBodyBytes, zone }: PushOptions & { zone: () => Calendar }) {
  return async (request: PushRequest): Promise<PushReply> => {
    let items: readonly unknown[]
    try {
      items = itemsOf(await readText(request, maxBodyBytes))
    } catch (error) {
      if (!(error instanceof PushError)) throw error
      refusals.count(SOURCE, {
        cause: error.reply.status === 413 ? 'too-large' : 'bad-payload',
        message: error.message,
      })
      return error.reply
    }
    const readings: Reading[] = []
    const parts: RefusedPart[] = []
    const refuse = (at: number, { cause, message }: Refusal) => {
      refusals.count(SOURCE, { cause, message })
      parts.push({ at, reason: message })
    }
    for (const [at, item] of items.entries()) {
      const parsed = Item.safeParse(item)
      if (!parsed.success) {
        refuse(at, { cause: 'bad-payload', message: describe(parsed.error) })
        continue
      }
      const { sensor, entity, time, value, unit, id } = parsed.data
      const checked = gate.check({
        sensor,
        entity,
        value,
        unit,
        id: id === undefined ? undefined : String(id),
        time: time === undefined ? undefined : timeOf(time, typeof time === 'number' ? 'ms' : 'iso', zone()),
      })
      if (isRefusal(checked)) {
        refuse(at, checked)
        if (checked.counted) readings.push(checked.counted)
      } else {
        if (checked.outOfRange) refuse(at, gate.outOfRange(checked, value))
        readings.push(checked)
      }
    }
    return store(intake, readings, parts)
  }
}

function itemsOf(text: string): readonly unknown[] {
  const decoded = decodeJson(text)
  if ('cause' in decoded) throw new PushError(400, 'invalid', decoded.message)
  const { document } = decoded
  const wrapped =
    typeof document === 'object' && document !== null && 'readings' in document ? document.readings : document
  const items = Array.isArray(wrapped) ? (wrapped as unknown[]) : [wrapped]
  if (items.length > MOST_ITEMS)
    throw new PushError(413, 'too-large', `over ${MOST_ITEMS} readings: send them in parts`)
  return items
}

function describe(error: z.ZodError): string {
  return error.issues
    .slice(0, 3)
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ')
}
