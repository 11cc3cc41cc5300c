import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The one place of the cloud that touches files. Writes appear whole or not at all. */

export { chmod, chown, createReadStream, mkdir, readdir, rename, rm, symlink }

const absent = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (absent(error)) return undefined
    throw error
  }
}

export const readBytes = (path: string): Promise<Uint8Array> => readFile(path)

export async function fileSize(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (absent(error)) return undefined
    throw error
  }
}

/** Writes a stream to a new file and syncs it. */
export async function spool(content: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const handle = await open(path, 'wx')
  try {
    for await (const chunk of content) await handle.writeFile(chunk)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Removes what a kill left half-written in a folder of our own. */
export async function sweepPartials(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.endsWith('.part')) await rm(join(directory, name), { recursive: true, force: true })
  }
}

/** Makes a rename or a new entry in `directory` survive a power cut. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Name for a file that is not complete yet, beside where it will be. */
export const partial = (path: string): string => `${path}.${randomUUID()}.part`

/** Moves a complete file, already synced, to its name. */
export async function publish(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncDirectory(dirname(to))
}

/** Writes, syncs and renames: a reader sees the old content or the new one. */
export async function writeAtomic(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = partial(path)
  const handle = await open(temporary, 'w', mode)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  } finally {
    await handle.close()
  }
  await publish(temporary, path)
}

/** First ancestor of `path` (itself included) that the given user may not enter, by its permission bits. */
export async function unreachableBy(path: string, user: { uid: number; gid: number }): Promise<string | undefined> {
  const ancestors: string[] = []
  for (let at = path; ; at = dirname(at)) {
    ancestors.unshift(at)
    if (at === dirname(at)) break
  }
  for (const at of ancestors) {
    const { mode, uid, gid } = await stat(at)
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return at
  }
  return undefined
}
