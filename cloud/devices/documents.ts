import type { CovariatesDocument, ObjectRef, SiteDocument } from '@storecast/shared/contracts'
import { canonicalJson } from '../platform/canonical.ts'
import { type Objects, readWhole } from '../platform/objects.ts'

const MAX_DOCUMENT_BYTES = 32 * 1024 * 1024

/** Stores a document under its digest: equal content has one name, whoever wrote it. */
export function storeDocument(objects: Objects, document: SiteDocument): Promise<ObjectRef> {
  return objects.put([Buffer.from(canonicalJson(document))], MAX_DOCUMENT_BYTES)
}

/** Reads back what `storeDocument` stored. */
export async function readDocument<T extends SiteDocument>(objects: Objects, sha256: string): Promise<T> {
  return JSON.parse((await readWhole(objects, sha256)).toString()) as T
}

/** Days of the past that a device gets with each issue: its features look back four weeks. */
const KEPT_DAYS = 60
const MAX_DAYS = 800

/**
 * What a site knows once `issue` has come on top of `known`: of every value the newest that was given, days before the
 * issue less 60 days left out, and days far ahead beyond what a document holds. A later `null` keeps what was known: it says "not known", not "withdrawn".
 */
export function mergeCovariates(known: CovariatesDocument | undefined, issue: CovariatesDocument): CovariatesDocument {
  const from = new Date(issue.issuedAt - KEPT_DAYS * 86_400_000).toISOString().slice(0, 10)
  const days = [...new Set([...(known?.days ?? []), ...issue.days])].filter((day) => day >= from)
  days.sort().splice(MAX_DAYS)
  const merged: CovariatesDocument = {
    kind: 'covariates',
    site: issue.site,
    issuedAt: issue.issuedAt,
    days,
    site_values: {},
    entity_values: {},
  }
  const at = new Map(days.map((day, index) => [day, index]))
  for (const source of known ? [known, issue] : [issue]) {
    const places = source.days.map((day) => at.get(day))
    const take = (target: Record<string, (number | null)[]>, name: string, values: readonly (number | null)[]) => {
      target[name] ??= days.map(() => null)
      values.forEach((value, index) => {
        const place = places[index]
        if (place !== undefined && value !== null) target[name]![place] = value
      })
    }
    for (const [name, values] of Object.entries(source.site_values)) take(merged.site_values, name, values)
    for (const [name, byEntity] of Object.entries(source.entity_values)) {
      merged.entity_values[name] ??= {}
      const target = merged.entity_values[name]
      for (const [entity, values] of Object.entries(byEntity)) take(target, entity, values)
    }
  }
  return merged
}
