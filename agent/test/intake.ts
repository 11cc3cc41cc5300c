import type { SensorDefinition } from '@storecast/shared/contracts'
import type { AcceptOptions, Intake, Reading, SourcePosition } from '../sensors/reading.ts'

/** An intake that keeps readings in memory and commits when told to, or at once. */
export class MemoryIntake implements Intake {
  readonly stored: Reading[] = []
  readonly #positions = new Map<string, SourcePosition>()
  readonly #series = new Set<string>()
  #held: PromiseWithResolvers<void> | undefined
  /** What accepting fails with, until it is taken away. */
  failure: Error | undefined

  /** From now on nothing is committed until `release`. */
  hold(): void {
    this.#held = Promise.withResolvers()
  }

  release(): void {
    this.#held?.resolve()
    this.#held = undefined
  }

  async accept(readings: readonly Reading[], { position }: AcceptOptions = {}): Promise<void> {
    await this.#held?.promise
    if (this.failure) throw this.failure
    this.stored.push(...readings)
    for (const { sensor, entity } of readings) this.#series.add(`${sensor}/${entity}`)
    if (position) this.#positions.set(position.source, position)
  }

  async define(definitions: readonly SensorDefinition[]): Promise<readonly SensorDefinition[]> {
    return definitions
  }

  positionOf(source: string): SourcePosition | undefined {
    return this.#positions.get(source)
  }

  get seriesCount(): number {
    return this.#series.size
  }

  knows(sensor: string, entity: string): boolean {
    return this.#series.has(`${sensor}/${entity}`)
  }
}
