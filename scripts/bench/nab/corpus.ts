import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** One file of NAB with its labels. */
export interface Stream {
  readonly name: string
  /** Unix ms, the file's naive time stamps read as UTC. */
  readonly times: readonly number[]
  readonly values: readonly number[]
  /** First and last row of each labelled window. */
  readonly windows: readonly (readonly [first: number, last: number])[]
}

const CATEGORY = 'realKnownCause/'
const timeOf = (text: string) => Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`)

/** Every labelled file of realKnownCause in a folder, by name. */
export async function readCorpus(folder: string): Promise<Stream[]> {
  const labels = JSON.parse(await readFile(join(folder, 'combined_windows.json'), 'utf8')) as Record<
    string,
    readonly (readonly [string, string])[]
  >
  const files = Object.keys(labels).filter((name) => name.startsWith(CATEGORY))
  return Promise.all(
    files.sort().map(async (file) => {
      const name = file.slice(CATEGORY.length)
      const rows = (await readFile(join(folder, name), 'utf8')).trim().split(/\r?\n/).slice(1)
      const cells = rows.map((row) => row.split(','))
      const times = cells.map(([time]) => timeOf(time!))
      const windows = labels[file]!.map(
        ([first, last]) => [times.indexOf(timeOf(first)), times.indexOf(timeOf(last))] as const,
      )
      if (windows.flat().includes(-1)) throw new Error(`${name}: a labelled window has no row`)
      return { name, times, values: cells.map(([, value]) => Number(value)), windows }
    }),
  )
}
