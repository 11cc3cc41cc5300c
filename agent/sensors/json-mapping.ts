import type { Calendar } from '@storecast/shared/windows'
import type { TopicMapping } from './config.ts'
import { convert, timeOf, valueAt } from './convert.ts'
import type { Candidate } from './gate.ts'
import type { Refusal } from './refusals.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A payload as text. @returns a refusal where it is not UTF-8 or too large to look at */
export function decodeText(payload: Uint8Array, maxBytes: number): string | Refusal {
  if (payload.length > maxBytes) {
    return { cause: 'too-large', message: `a payload of ${payload.length} bytes; at most ${maxBytes} are read` }
  }
  try {
    return utf8.decode(payload)
  } catch {
    return { cause: 'bad-payload', message: 'the payload is not UTF-8 text' }
  }
}

/** The document in a JSON text. */
export function decodeJson(text: string): { document: unknown } | Refusal {
  try {
    return { document: JSON.parse(text) as unknown }
  } catch (error) {
    return { cause: 'bad-payload', message: `not JSON: ${(error as Error).message.slice(0, 200)}` }
  }
}

export interface Message {
  /** Of its topic. */
  readonly levels: readonly string[]
  readonly document: unknown
  /** The site's, for local times. */
  readonly zone: Calendar
}

/** What a mapping finds in one message. Fields that are absent or null are passed over. */
export function mapMessage({ entity, time, id, fields }: TopicMapping, message: Message): Candidate[] {
  const { document, zone } = message
  const candidates: Candidate[] = []
  for (const field of fields) {
    const value = field.path === undefined ? document : valueAt(document, field.path)
    if (value === undefined || value === null) continue
    candidates.push({
      sensor: field.sensor,
      entity: entity && entityOf(entity, message),
      time: time && timeAt(document, time, zone),
      value: convert(value, field),
      unit: field.unit && textOf(valueAt(document, field.unit.path)),
      wantedUnit: field.unit?.is,
      id: id && textOf(valueAt(document, id)),
    })
  }
  return candidates
}

function entityOf(entity: NonNullable<TopicMapping['entity']>, { levels, document }: Message): string | undefined {
  if ('value' in entity) return entity.value
  return 'topicLevel' in entity ? levels[entity.topicLevel] : textOf(valueAt(document, entity.path))
}

/** A time that is absent is the arrival's; one that cannot be read is NaN, and refused. */
function timeAt(document: unknown, { path, format }: NonNullable<TopicMapping['time']>, zone: Calendar) {
  const value = valueAt(document, path)
  return value === undefined || value === null ? undefined : timeOf(value, format, zone)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** Whether a topic matches a filter (MQTT 3.1.1, section 4.7; names that begin with "$" match no leading wildcard). */
export function matchesTopic(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true
    if (i >= levels.length || (level !== '+' && level !== levels[i])) return false
  }
  return wanted.length === levels.length
}
