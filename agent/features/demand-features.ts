import type { CatalogueDocument, CovariatesDocument, DailyDemandView, Manifest } from '@storecast/shared/contracts'
import {
  type DailyDemandEncoder,
  type DailyDemandRows,
  type DailyHistory,
  dailyDemandEncoder,
  type SiteEntities,
  siteEntities,
} from '@storecast/shared/features'
import type { ClosedDay, DemandHistory } from './demand-history.ts'
import { KnownAhead } from './known-ahead.ts'

/** Inputs for the forecast of one day; its arrays are good until the next one is made. */
export interface DemandRows extends DailyDemandRows {
  readonly entities: readonly string[]
  /** Of each product, whether it has been heard of before that day: of others there is nothing to forecast from. */
  readonly known: readonly boolean[]
  readonly history: DailyHistory
}

/** Turns a site's history into the inputs of one model: its columns, its vocabulary, its fill values. */
export class DemandFeatures {
  readonly #view: DailyDemandView
  readonly #history: DemandHistory
  readonly #encoder: DailyDemandEncoder
  readonly #coded: SiteEntities
  readonly #rows: DailyDemandRows
  #ahead: KnownAhead

  constructor(options: {
    view: DailyDemandView
    manifest: Pick<Manifest, 'features' | 'fill' | 'vocabulary'>
    catalogue: CatalogueDocument
    covariates: CovariatesDocument | undefined
    history: DemandHistory
  }) {
    const { view, manifest, catalogue, covariates, history } = options
    const { features, fill, vocabulary } = manifest
    this.#view = view
    this.#history = history
    this.#encoder = dailyDemandEncoder({ view, features, fill })
    const { site, entities } = catalogue
    this.#coded = siteEntities({ view, vocabulary, site, entities })
    this.#rows = {
      features: new Float32Array(entities.length * features.length),
      statics: this.#coded.codes,
      scale: new Float32Array(entities.length),
    }
    this.#ahead = this.#knownAhead(covariates)
  }

  setCovariates(covariates: CovariatesDocument): void {
    this.#ahead = this.#knownAhead(covariates)
  }

  /** From what was known before `day` began, and what is known ahead of it. */
  at(day: number): DemandRows {
    const history = this.#history.before(day)
    const { entities } = this.#history
    const input = { entities: this.#coded, history, ahead: this.#ahead.at(day) }
    return {
      ...this.#encoder.rows(input, this.#rows),
      entities,
      known: entities.map((_, row) => this.#history.knows(row, day)),
      history,
    }
  }

  /** What was sold on a closed day; undefined where it lies too far back. */
  closedDay(day: number): ClosedDay | undefined {
    return this.#history.closedDay(day)
  }

  #knownAhead(document: CovariatesDocument | undefined): KnownAhead {
    return new KnownAhead({ document, names: this.#view.knownAhead, entities: this.#history.entities })
  }
}
