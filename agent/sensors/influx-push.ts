import type { InfluxSource } from './config.ts'
import { convert } from './convert.ts'
import { type Candidate, isRefusal } from './gate.ts'
import { decodeLineProtocol, type Point, type Precision } from './line-protocol.ts'
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

/** InfluxDB 2 says `ns` and `us`; its predecessor's `n` and `u` are still sent. */
const PRECISIONS: Readonly<Record<string, Precision>> = { ns: 'ns', n: 'ns', us: 'us', u: 'us', ms: 'ms', s: 's' }

const SOURCE = 'influx'

/**
 * `POST /api/v2/write`: InfluxDB line protocol, so that Telegraf can feed the agent. Points that a mapping names go where
 * it says. Of others, field `value` is the sensor of the measurement's name, any other number the sensor
 * `<measurement>_<field>`, where it is defined; tag `entity` or `product` is the entity; `id`, a tag or text field, the
 * event's id. Every line that is refused is named; the others are stored.
 */
export function influxPush(options: PushOptions & { sources: readonly InfluxSource[] }) {
  const { gate, intake, refusals, maxBodyBytes, sources } = options
  const rules = sources.flatMap(({ points }) => points)

  return async (request: PushRequest): Promise<PushReply> => {
    const wanted = request.query.get('precision') ?? 'ns'
    const precision = PRECISIONS[wanted]
    if (!precision) {
      return new PushError(400, 'invalid', `precision "${wanted.slice(0, 20)}": one of ns, us, ms, s`).reply
    }
    let text: string
    try {
      text = await readText(request, maxBodyBytes)
    } catch (error) {
      if (!(error instanceof PushError)) throw error
      refusals.count(SOURCE, {
        cause: error.reply.status === 413 ? 'too-large' : 'bad-payload',
        message: error.message,
      })
      return error.reply
    }
    const { points, refused } = decodeLineProtocol(text, precision)
    const parts: RefusedPart[] = []
    const refuse = (line: number, { cause, message }: Refusal) => {
      refusals.count(SOURCE, { cause, message })
      parts.push({ at: line, reason: message })
    }
    for (const { line, reason } of refused) refuse(line, { cause: 'bad-payload', message: reason })
    const readings: Reading[] = []
    for (const point of points) {
      const candidates = rules.length > 0 ? byRules(point, rules) : []
      for (const candidate of candidates.length > 0 ? candidates : byName(point)) {
        const checked = gate.check(candidate)
        if (isRefusal(checked)) {
          refuse(point.line, checked)
          if (checked.counted) readings.push(checked.counted)
        } else {
          if (checked.outOfRange) refuse(point.line, gate.outOfRange(checked, candidate.value))
          readings.push(checked)
        }
      }
    }
    return store(
      intake,
      readings,
      parts.sort((a, b) => a.at - b.at),
    )
  }
}

function byRules(point: Point, rules: InfluxSource['points']): Candidate[] {
  return rules.flatMap((rule) => {
    const { measurement, field, where, entityTag, id, sensor } = rule
    const value = point.fields.get(field)
    if (measurement !== point.measurement || value === undefined) return []
    if (!Object.entries(where).every(([tag, wanted]) => point.tags.get(tag) === wanted)) return []
    const entity = entityTag === undefined ? undefined : point.tags.get(entityTag)
    const known = id === undefined ? undefined : (point.tags.get(id) ?? textField(point, id))
    return [{ sensor, entity, id: known, time: point.time ?? undefined, value: convert(value, rule) }]
  })
}

function byName(point: Point): Candidate[] {
  const { measurement, tags, fields } = point
  const entity = tags.get('entity') ?? tags.get('product')
  const id = tags.get('id') ?? textField(point, 'id')
  const time = point.time ?? undefined
  const candidates: Candidate[] = []
  for (const [field, value] of fields) {
    // Text beside the numbers describes them (Telegraf sends plenty); alone it is a value, and no number.
    if (typeof value === 'string' && field !== 'value') continue
    candidates.push({ sensor: field === 'value' ? measurement : `${measurement}_${field}`, entity, id, time, value })
  }
  return candidates
}

function textField({ fields }: Point, name: string): string | undefined {
  const value = fields.get(name)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}
