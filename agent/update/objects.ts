import { createHash } from 'node:crypto'
import { join } from 'node:path'
import {
  fileSize,
  listDirectory,
  makeDirectory,
  openPartial,
  readFrom,
  readWhole,
  removePath,
} from '../platform/files.ts'

/** An object on its way: what was written stays over restarts, so that a transfer goes on where it stopped. */
export interface IncomingObject extends AsyncDisposable {
  /** Bytes written so far, in this transfer and in earlier ones. */
  readonly size: number
  append(chunk: Uint8Array): Promise<void>
  /** Forget what was written and start again. */
  restart(): Promise<void>
  /** Makes it a whole object, durably. False where its digest is another: nothing is kept then. */
  finish(): Promise<boolean>
}

/**
 * Content-addressed files in one folder: `<sha256>` is whole and was checked when it came, `<sha256>.part` is on its way.
 */
export interface ObjectStore {
  list(): Promise<{ readonly stored: ReadonlySet<string>; readonly partial: ReadonlySet<string> }>
  /** Where a whole object lies. */
  path(sha256: string): string
  /** Undefined where there is none, or where its bytes have changed since they were stored (it is then removed). */
  read(sha256: string, maxBytes: number): Promise<Uint8Array | undefined>
  /** False where there is none, or where its bytes have changed since they were stored (it is then removed). */
  isWhole(sha256: string): Promise<boolean>
  /** Goes on with an object, or starts it. One writer at a time. */
  receive(sha256: string): Promise<IncomingObject>
  /** Removes an object and what came of it; one that is not there is no error. */
  remove(sha256: string): Promise<void>
}

export async function openObjectStore(folder: string): Promise<ObjectStore> {
  await makeDirectory(folder)
  const pathOf = (sha256: string) => join(folder, sha256)
  const remove = async (sha256: string) => {
    await removePath(pathOf(sha256))
    await removePath(`${pathOf(sha256)}.part`)
  }
  return {
    path: pathOf,
    async list() {
      const names = await listDirectory(folder)
      return {
        stored: new Set(names.filter((name) => /^[0-9a-f]{64}$/.test(name))),
        partial: new Set(names.filter((name) => /^[0-9a-f]{64}\.part$/.test(name)).map((name) => name.slice(0, 64))),
      }
    },
    async read(sha256, maxBytes) {
      const bytes = await readWhole(pathOf(sha256), maxBytes)
      if (bytes === undefined || digest(bytes) === sha256) return bytes
      await remove(sha256)
      return undefined
    },
    async isWhole(sha256) {
      if ((await fileSize(pathOf(sha256))) === undefined) return false
      const hash = createHash('sha256')
      for await (const chunk of readFrom(pathOf(sha256))) hash.update(chunk)
      if (hash.digest('hex') === sha256) return true
      await remove(sha256)
      return false
    },
    receive: (sha256) => receive(pathOf(sha256), sha256),
    remove,
  }
}

async function receive(path: string, sha256: string): Promise<IncomingObject> {
  const file = await openPartial(path)
  let hash = createHash('sha256')
  if (file.size > 0) for await (const chunk of file.read()) hash.update(chunk)
  let open = true
  const close = async () => {
    if (open) await file[Symbol.asyncDispose]()
    open = false
  }
  return {
    get size() {
      return file.size
    },
    async append(chunk) {
      await file.append(chunk)
      hash.update(chunk)
    },
    async restart() {
      await file.restart()
      hash = createHash('sha256')
    },
    async finish() {
      if (hash.digest('hex') === sha256) {
        await file.commit()
        open = false
        return true
      }
      await close()
      await removePath(`${path}.part`)
      return false
    },
    [Symbol.asyncDispose]: close,
  }
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
