import { ModelName } from '@storecast/shared/contracts'
import { InvalidError } from '../platform/errors.ts'

/** `models:/demand/3` or `models:/demand@champion`. */
export type ModelRef = { readonly model: string } & ({ readonly version: number } | { readonly alias: string })

const URI = /^models:\/(?<model>[^/@]+)(?:\/(?<version>[1-9]\d{0,8})|@(?<alias>[a-z][a-z0-9-]{0,31}))$/

/** @throws InvalidError `model-uri`. */
export function parseModelUri(uri: string): ModelRef {
  const { model, version, alias } = URI.exec(uri)?.groups ?? {}
  if (model !== undefined && ModelName.safeParse(model).success) {
    if (version !== undefined) return { model, version: Number(version) }
    if (alias !== undefined) return { model, alias }
  }
  throw new InvalidError({
    code: 'model-uri',
    message: `"${uri}" does not name a model version. Write models:/demand/3 or models:/demand@champion.`,
  })
}
