import { type CloudClient, listAll } from '../client/client.ts'

/** A document as the cloud has it. */
export interface LiveDocument {
  readonly name: string
  readonly document: unknown
}

/** Where the cloud keeps documents of a kind, one under each name. */
export interface DocumentStore {
  list(cloud: CloudClient): Promise<readonly LiveDocument[]>
  put(cloud: CloudClient, name: string, document: unknown): Promise<void>
  /** Absent: what was done by the document stays done, and there is nothing to remove. */
  remove?(cloud: CloudClient, name: string): Promise<void>
}

interface Named {
  readonly metadata: { readonly name: string }
}

/** Documents that the API lists, takes and removes under one path. @param documentOf an item of the list */
const storeAt = <T = Named>(path: string, documentOf: (item: T) => Named = (item) => item as Named): DocumentStore => ({
  async list(cloud) {
    const documents = (await listAll<T>(cloud, path)).map(documentOf)
    return documents.map((document) => ({ name: document.metadata.name, document }))
  },
  async put(cloud, name, document) {
    await cloud.put(`${path}/${name}`, document)
  },
  async remove(cloud, name) {
    await cloud.delete(`${path}/${name}`)
  },
})

export const groupStore = storeAt('/v1/groups')
export const policyStore = storeAt('/v1/policies')
export const alertRuleStore = storeAt<{ document: Named }>('/v1/alert-rules', ({ document }) => document)
export const datasetStore = storeAt('/v1/datasets')
export const alertRouteStore = storeAt('/v1/alert-routes')

/** The newest rollout of a name is what its document says; another document starts another. */
export const rolloutStore: DocumentStore = {
  async list(cloud) {
    const newest = new Map<string, LiveDocument>()
    for (const { name, document } of await listAll<LiveDocument>(cloud, '/v1/rollouts', { document: 'true' })) {
      if (!newest.has(name)) newest.set(name, { name, document })
    }
    return [...newest.values()]
  },
  async put(cloud, _name, document) {
    await cloud.post('/v1/rollouts', document)
  },
}
