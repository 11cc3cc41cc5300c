import { randomUUID } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'

/** Writes a new file, whole or not at all. @throws Error where there is one already */
export async function writeNew(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const partial = await writePartial(path, content, mode)
  try {
    // Unlike a rename, a link does not replace.
    await link(partial, path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new Error(`${path} is there already; choose another name`, { cause })
  } finally {
    await rm(partial, { force: true })
  }
}

/** Writes a file, or replaces it: a reader sees the old content or the new one. */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await rename(await writePartial(path, content, 0o644), path)
}

async function writePartial(path: string, content: string | Uint8Array, mode: number): Promise<string> {
  const partial = `${path}.${randomUUID()}.part`
  const handle = await open(partial, 'wx', mode)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return partial
}
