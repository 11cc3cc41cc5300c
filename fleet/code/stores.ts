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

/** Documents that the API lists, takes and removes under one path. */
const storeAt = (path: string): DocumentStore => ({
  async list(cloud) {
    const documents = await listAll<{ metadata: { name: string } }>(cloud, path)
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

/** The newest rollout of a name is what its document says; another document starts another. */
export const rolloutStore: DocumentStore = {
  async list(cloud) {
    const newest = new Map<string, LiveDocument>()
    for (const { name, document } of await listAll<LiveDocument>(cloud, '/v1/rollouts')) {
      if (!newest.has(name)) newest.set(name, { name, document })
    }
    return [...newest.values()]
  },
  async put(cloud, _name, document) {
    await cloud.post('/v1/rollouts', document)
  },
}
