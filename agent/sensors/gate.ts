import { EntityId, qualityRulesOf, type SensorDefinition } from '@storecast/shared/contracts'
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
  /** What the payload says that the value is in; absent where it does not say. */
  readonly unit?: string | undefined
  /** What it is expected to say; absent: the sensor's unit. */
  readonly wantedUnit?: string | undefined
  readonly id?: string | undefined
}

export interface GateOptions {
  readonly clock: Clock
  readonly intake: Intake
  /** Series that may exist: a field mapped to an entity by mistake must not fill the disk. */
  readonly mostSeries?: number
  /** Unix milliseconds that have certainly passed: a clock behind is wrong. 0 where nothing is known. */
  readonly knownTime?: () => number
  /** Whether the clock was found right beside the cloud's; undefined: they have not been compared. */
  readonly clockTrusted?: () => boolean | undefined
}

/** 2000-01-01: what is earlier was written in other units. */
const EARLIEST = 946_684_800_000
const DAY = 86_400_000
const LONGEST_ID = 200
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/

type Fault = NonNullable<Reading['fault']>

export const isRefusal = (checked: Reading | Refusal): checked is Refusal => 'cause' in checked

/** The one place where values from outside become readings. */
export class Gate {
  readonly #options: Required<GateOptions>
  #sensors: ReadonlyMap<string, SensorDefinition> = new Map()

  constructor(options: GateOptions) {
    this.#options = { mostSeries: 20_000, knownTime: () => 0, clockTrusted: () => undefined, ...options }
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
    const { name, resolution, range, unit } = sensor
    const entity = candidate.entity ?? ''
    const wrongEntity = this.#checkEntity(sensor, entity)
    if (wrongEntity) return wrongEntity
    const now = this.#options.clock.now()
    const known = this.#options.knownTime()
    const time = Math.floor(candidate.time ?? now)
    const isTime = time >= EARLIEST && time <= now + DAY
    const refused = (cause: RefusalCause, message: string, fault: Fault): Refusal => {
      // What has no time of its own is counted when it came; before 2000, where nobody knows when that was, it is not.
      const at = isTime ? time : Math.max(now, known)
      const refusal = refuse(cause, `${name}: ${message}`)
      return at < EARLIEST
        ? refusal
        : { ...refusal, counted: { sensor: name, entity, time: at, value: 0, outOfRange: false, fault } }
    }
    const value = numberOf(candidate.value)
    if (value === undefined) return refused('not-a-number', `${clip(candidate.value)} is not a number`, 'wrongType')
    const wanted = candidate.wantedUnit ?? unit
    if (candidate.unit !== undefined && candidate.unit !== wanted) {
      return refused('wrong-unit', `it is in "${clip(candidate.unit)}", not in "${wanted}"`, 'wrongUnit')
    }
    if (!isTime) return refused('bad-time', explainTime(time, now), 'untrusted')
    const { id } = candidate
    if (id !== undefined && (id === '' || id.length > LONGEST_ID)) {
      return refuse('bad-id', `${name}: an event id has 1 to ${LONGEST_ID} characters`)
    }
    const outOfRange = value < range[0] || value > range[1]
    const steps = outOfRange ? 0 : toSteps(value, resolution)
    const distrusted =
      time > now + qualityRulesOf(sensor).aheadBy * 1000 ||
      (candidate.time === undefined && !(this.#options.clockTrusted() ?? now >= known))
    const reading: Reading = {
      ...{ sensor: name, entity, time, value: steps, outOfRange },
      ...(distrusted && { untrusted: true }),
    }
    if (sensor.kind !== 'event') return reading
    // An event that says when it happened but not which it was is known by its time.
    const knownBy = id ?? (candidate.time === undefined ? undefined : `@${time}`)
    return knownBy === undefined ? reading : { ...reading, id: knownBy }
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
