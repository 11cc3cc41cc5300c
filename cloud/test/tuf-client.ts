import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Updater } from 'tuf-js'

/** The Update Framework's own client, which knows nothing of ours, with trust of its own in a folder. */
export interface TufClient {
  /** @throws what a device would refuse with. */
  refresh(): Promise<void>
  /** Length and digest of a target, after a refresh. */
  target(path: string): Promise<{ readonly length: number; readonly sha256: string | undefined } | undefined>
  /** A small target's bytes, verified. @returns the path of the file. */
  download(path: string): Promise<string>
}

/** @param root the first root, pinned. */
export async function tufClient(options: { url: string; folder: string; root: Buffer }): Promise<TufClient> {
  const { url, folder, root } = options
  const targetDir = join(folder, 'targets')
  await mkdir(targetDir, { recursive: true })
  await writeFile(join(folder, 'root.json'), root)
  // A run of the client is one refresh; trust is in the folder.
  const run = async () => {
    const updater = new Updater({
      metadataDir: folder,
      targetDir,
      metadataBaseUrl: `${url}/v1/tuf/metadata`,
      targetBaseUrl: `${url}/v1/tuf/targets`,
      config: { fetchTimeout: 5_000 },
    })
    await updater.refresh()
    return updater
  }
  return {
    refresh: async () => void (await run()),
    async target(path) {
      const found = await (await run()).getTargetInfo(path)
      return found && { length: found.length, sha256: found.hashes.sha256 }
    },
    async download(path) {
      const updater = await run()
      const found = await updater.getTargetInfo(path)
      if (!found) throw new Error(`${path} is no target`)
      return updater.downloadTarget(found)
    },
  }
}
