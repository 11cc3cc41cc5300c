import type { CatalogueDocument, CovariatesDocument, SensorDefinition, SequenceView } from '@storecast/shared/contracts'
import { sequenceRow } from '@storecast/shared/features'
import { type Calendar, calendar, type Span } from '@storecast/shared/windows'
import { readDefinitions } from '../buffer/index.ts'
import type { Connection } from '../platform/database.ts'
import { Listeners } from '../platform/listeners.ts'
import type { Windows } from '../windows/index.ts'
import { channelNames, readChannels, windowsBefore, windowsFrom } from './channels.ts'
import { DemandFeatures } from './demand-features.ts'
import { DemandHistory } from './demand-history.ts'
import { FeaturesNotReady } from './errors.ts'
import type { ModelFeatures } from './model-features.ts'

export interface FeaturesOptions {
  /** A reading connection. */
  readonly db: Connection
  readonly windows: Pick<Windows, 'onStored'>
}

/** Inputs of a `sequence` model at one time. */
export interface SequenceRows {
  readonly channels: readonly string[]
  /** [1×context×C] */
  readonly series: Float32Array
  /** Share of the context that was measured, by channel. */
  readonly measured: Float32Array
  /** The windows forecast. */
  readonly ahead: readonly Span[]
}

/**
 * What models are fed with: the site's products, its history and what is known ahead, kept in memory as the feature views
 * want them. Documents are put in force by whoever gets them; windows come by themselves.
 */
export class Features implements Disposable {
  readonly #options: FeaturesOptions
  /** By the sensors they are made of; models of the same view share one. */
  readonly #histories = new Map<string, DemandHistory>()
  /** By bundle: two of a model's versions, for a candidate beside the one that serves. */
  readonly #demand = new Map<string, { readonly model: string; readonly features: DemandFeatures }>()
  #catalogue: CatalogueDocument | undefined
  #attributes: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map()
  #covariates: CovariatesDocument | undefined
  #calendar: Calendar | undefined
  #listening: Disposable | undefined
  readonly #applied = new Listeners<void>()

  constructor(options: FeaturesOptions) {
    this.#options = options
  }

  start(): void {
    this.#listening = this.#options.windows.onStored((windows) => {
      for (const history of this.#histories.values()) history.stored(windows)
    })
  }

  [Symbol.dispose](): void {
    this.#listening?.[Symbol.dispose]()
  }

  /** Puts a site's document in force. */
  apply(document: CatalogueDocument | CovariatesDocument): void {
    if (document.kind === 'covariates') {
      this.#covariates = document
      for (const { features } of this.#demand.values()) features.setCovariates(document)
    } else {
      this.#catalogue = document
      this.#attributes = new Map(document.entities.map(({ id, attributes }) => [id, attributes]))
      this.#calendar = calendar(document.timeZone)
      this.#histories.clear()
      this.#demand.clear()
    }
    this.#applied.tell()
  }

  /** Tells that a document has come into force. */
  onApplied(listener: () => void): Disposable {
    return this.#applied.add(listener)
  }

  /** Undefined before it has come. */
  get catalogue(): CatalogueDocument | undefined {
    return this.#catalogue
  }

  /** As the catalogue tells them; undefined where it has no such entity. */
  attributesOf(entity: string): Readonly<Record<string, string>> | undefined {
    return this.#attributes.get(entity)
  }

  /** The site's; undefined before its catalogue has come. */
  timeZone(): string | undefined {
    return this.#catalogue?.timeZone
  }

  /** @throws FeaturesNotReady `no-catalogue` */
  site(): { readonly catalogue: CatalogueDocument; readonly calendar: Calendar } {
    if (this.#catalogue && this.#calendar) return { catalogue: this.#catalogue, calendar: this.#calendar }
    throw new FeaturesNotReady(
      'no-catalogue',
      'the catalogue of this site has not come yet: its products are not known',
    )
  }

  /**
   * The features of a model with a `daily-demand` view. The first call reads the site's history from SQLite.
   * @throws FeaturesNotReady `no-catalogue`
   */
  demand({ model, sha256, manifest }: ModelFeatures): DemandFeatures {
    const { view } = manifest.definition.spec
    if (view.kind !== 'daily-demand') throw new TypeError(`model ${model} has a ${view.kind} view`)
    const known = this.#demand.get(sha256)
    if (known) return known.features
    const { catalogue, calendar } = this.site()
    const { target, censoredBy, openHours } = view
    const source = { target, censoredBy, openHours }
    const key = JSON.stringify(source)
    let history = this.#histories.get(key)
    if (!history) {
      const entities = catalogue.entities.map((entity) => entity.id)
      history = new DemandHistory({ db: this.#options.db, source, calendar, entities })
      this.#histories.set(key, history)
    }
    const features = new DemandFeatures({ view, manifest, catalogue, covariates: this.#covariates, history })
    const [oldest, ...others] = [...this.#demand].filter(([, other]) => other.model === model)
    if (oldest && others.length > 0) this.#demand.delete(oldest[0])
    this.#demand.set(sha256, { model, features })
    return features
  }

  /**
   * The inputs of a model with a `sequence` view: windows that end at or before `time`.
   * @throws FeaturesNotReady
   */
  sequence({ model, manifest }: ModelFeatures, time: number): SequenceRows {
    const { view, horizon } = manifest.definition.spec
    if (view.kind !== 'sequence') throw new TypeError(`model ${model} has a ${view.kind} view`)
    const { calendar } = this.site()
    const { channels, definitions } = this.#channels(view, { model, manifest })
    const spans = windowsBefore(calendar, { size: view.step, time, count: view.context })
    const history = readChannels(this.#options.db, { channels: definitions, spans })
    const ahead = windowsFrom(calendar, { size: view.step, time, count: horizon })
    return { channels, ...sequenceRow(history, view.context), ahead }
  }

  /** What a sensor measured over windows that have closed; NaN where there is none. */
  measured(sensor: string, spans: readonly Span[]): Float32Array {
    const definition = readDefinitions(this.#options.db).get(sensor)
    if (!definition) return new Float32Array(spans.length).fill(Number.NaN)
    return readChannels(this.#options.db, { channels: [definition], spans }).values
  }

  #channels(view: SequenceView, { model, manifest }: Pick<ModelFeatures, 'model' | 'manifest'>) {
    const channels = channelNames(view, manifest.features)
    const all = readDefinitions(this.#options.db)
    const definitions = channels.flatMap((name): SensorDefinition[] => {
      const definition = all.get(name)
      return definition ? [definition] : []
    })
    if (definitions.length > 0 && definitions.length === channels.length) return { channels, definitions }
    const missing = channels.filter((name) => !all.has(name)).join(', ')
    throw new FeaturesNotReady('no-channels', `model ${model} reads sensors that this site does not have: ${missing}`)
  }
}
