import { EntityId, type SensorDefinition } from '@storecast/shared/contracts'
import { toSteps } from '@storecast/shared/windows'
import type { Clock } from '../platform/clock.ts'
import type { Intake, Reading } from './reading.ts'
import type { Refusal, RefusalCause } from './refusals.ts'

/** What a decoder found, before anybody has checked it. */
export interface Candidate {
  readonly sensor: string
  readonly entity?: string | undefined
  /** Unix milliseconds; absent: now. */
  readonly time?: number | undefined
  readonly value: unknown
  readonly id?: string | undefined
}

export interface GateOptions {
  readonly clock: Clock
  readonly intake: Intake
  /** Series that may exist: a field mapped to an entity by mistake must not fill the disk. */
  readonly mostSeries?: number
}

/** 2000-01-01: what is earlier was written in other units. */
const EARLIEST = 946_684_800_000
const DAY = 86_400_000
const LONGEST_ID = 200
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/

export const isRefusal = (checked: Reading | Refusal): checked is Refusal => 'cause' in checked

/** The one place where values from outside become readings. */
export class Gate {
  readonly #options: Required<GateOptions>
  #sensors: ReadonlyMap<string, SensorDefinition> = new Map()

  constructor(options: GateOptions) {
    this.#options = { mostSeries: 20_000, ...options }
  }

  get sensors(): readonly SensorDefinition[] {
    return [...this.#sensors.values()]
  }

  define(definitions: readonly SensorDefinition[]): void {
    this.#sensors = new Map(definitions.map((definition) => [definition.name, definition]))
  }

  /** A reading may be out of range: it is stored as such, and `outOfRange` says why. */
  check(candidate: Candidate): Reading | Refusal {
    const sensor = this.#sensors.get(candidate.sensor)
    if (!sensor) return refuse('unknown-sensor', `no sensor "${clip(candidate.sensor)}" is defined`)
    const { name, resolution, range } = sensor
    const value = numberOf(candidate.value)
    if (value === undefined) return refuse('not-a-number', `${name}: ${clip(candidate.value)} is not a number`)
    const now = this.#options.clock.now()
    const time = Math.floor(candidate.time ?? now)
    if (!(time >= EARLIEST && time <= now + DAY)) return refuse('bad-time', `${name}: ${explainTime(time, now)}`)
    const entity = candidate.entity ?? ''
    const wrongEntity = this.#checkEntity(sensor, entity)
    if (wrongEntity) return wrongEntity
    const { id } = candidate
    if (id !== undefined && (id === '' || id.length > LONGEST_ID)) {
      return refuse('bad-id', `${name}: an event id has 1 to ${LONGEST_ID} characters`)
    }
    const outOfRange = value < range[0] || value > range[1]
    const steps = outOfRange ? 0 : toSteps(value, resolution)
    const reading = { sensor: name, entity, time, value: steps, outOfRange }
    if (sensor.kind !== 'event') return reading
    // An event that says when it happened but not which it was is known by its time.
    const known = id ?? (candidate.time === undefined ? undefined : `@${time}`)
    return known === undefined ? reading : { ...reading, id: known }
  }

  /** What to tell of a reading outside its sensor's range. */
  outOfRange({ sensor, entity }: Reading, value: unknown): Refusal {
    const definition = this.#sensors.get(sensor)
    const where = entity === '' ? sensor : `${sensor}/${entity}`
    const range = definition ? ` ${definition.range.join(' to ')} ${definition.unit}` : ''
    return refuse('out-of-range', `${where}: ${clip(value)} is outside${range}`)
  }

  #checkEntity({ name, per }: SensorDefinition, entity: string): Refusal | undefined {
    if (per === 'site' && entity !== '') {
      return refuse('bad-entity', `${name} is one series of the site: it takes no entity ("${clip(entity)}")`)
    }
    if (per === 'product' && entity === '') {
      return refuse('bad-entity', `${name} is one series a product: say of which`)
    }
    const { intake, mostSeries } = this.#options
    if (intake.knows(name, entity)) return undefined
    const parsed = EntityId.safeParse(entity)
    if (!parsed.success) return refuse('bad-entity', `${name}: ${clip(entity)}: ${parsed.error.issues[0]?.message}`)
    if (intake.seriesCount < mostSeries) return undefined
    return refuse('too-many-series', `${name}/${entity}: there are ${mostSeries} series already; is the entity right?`)
  }
}

const refuse = (cause: RefusalCause, message: string): Refusal => ({ cause, message })

/** Numbers, numbers in quotes as some devices send them, and switches. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'string' || !NUMBER.test(value)) return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function explainTime(time: number, now: number): string {
  if (Number.isNaN(time)) return 'its time is not a number'
  if (time > now) return `time ${time} is more than a day ahead of the clock`
  return `time ${time} is before 2000; is it in milliseconds?`
}

const clip = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
