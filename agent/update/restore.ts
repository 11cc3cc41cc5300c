import type { DocumentKind, SiteDocument } from '@storecast/shared/contracts'
import type { Connection } from '../platform/database.ts'
import type { Logger } from '../platform/logger.ts'
import type { Writer } from '../platform/writer.ts'
import type { ObjectStore } from './objects.ts'
import type { UpdateProcedures } from './state.ts'
import { readDocument } from './steps.ts'
import { readDocuments } from './tables.ts'

export type DocumentsInForce = { readonly [K in DocumentKind]?: Extract<SiteDocument, { kind: K }> }

/**
 * The documents that were in force before a restart, from disk alone. One that cannot be read back is no longer in force:
 * the reconciler fetches it again.
 */
export async function restoreDocuments(options: {
  readonly reader: Connection
  readonly writer: Writer<UpdateProcedures>
  readonly store: ObjectStore
  readonly log: Logger
}): Promise<DocumentsInForce> {
  const { reader, writer, store, log } = options
  const restored: [string, SiteDocument][] = []
  for (const [kind, sha256] of Object.entries(readDocuments(reader)) as [DocumentKind, string][]) {
    try {
      restored.push([kind, await readDocument(store, sha256)])
    } catch (error) {
      log.error({ err: error, document: kind }, 'a document in force cannot be read back; it is fetched again')
      await writer.call('update.lost', kind)
    }
  }
  return Object.fromEntries(restored)
}
