import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** Blocks of a page under `docs` that are in a language, in order. */
export async function blocksOf(page: string, language: string): Promise<string[]> {
  const text = await readFile(join(ROOT, 'docs', page), 'utf8')
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, of]) => of === language)
    .map(([, , block]) => block!)
}

/** Where a person sits who types what a page says. */
export interface Desk extends AsyncDisposable {
  readonly folder: string
  /**
   * Types commands into a shell of their own, and gives what was printed on both streams.
   * @throws where one does not end with 0, or they take more than nine minutes; the message ends with what was printed
   */
  type(commands: string, env?: Readonly<Record<string, string>>): Promise<string>
}

const PATIENCE_MS = 540_000

/** What a person answers: their passphrase, a thing's name before it is changed, and "yes" once they have read what they sign. */
const ASKED = '^((approve|revoke) |trust (sign|rotate) |rollout (abort|undo|promote .*--full) ?)'

/** @param within a folder that others may enter, as PostgreSQL's user */
export async function openDesk(within: string): Promise<Desk> {
  const folder = await mkdtemp(join(within, 'desk-'))
  await chmod(folder, 0o711)
  await writeFile(join(folder, 'passphrase'), 'correct horse battery staple\n')
  const storecast =
    `storecast() { local asked='${ASKED}'; [[ "$* " =~ $asked && "$*" != *--dry-run* ]] && set -- "$@" --yes; ` +
    `"${process.execPath}" "${join(ROOT, 'fleet/cli/main.ts')}" "$@"; }\n`
  const own = {
    ...process.env,
    STORECAST_KEY_PASSPHRASE_FILE: join(folder, 'passphrase'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    // A program starts twice as fast where another run has compiled it.
    NODE_COMPILE_CACHE: join(within, 'compiled'),
  }
  const shells = new Set<number>()
  const end = (group: number, signal: NodeJS.Signals) => {
    try {
      process.kill(-group, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  return {
    folder,
    async type(commands, env = {}) {
      // A group of its own: what it leaves running ends with the desk.
      const shell = spawn('bash', ['-eu', '-o', 'pipefail', '-c', `${storecast}${commands}`], {
        ...{ cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
        env: { ...own, ...env },
      })
      shells.add(shell.pid!)
      const patience = setTimeout(() => end(shell.pid!, 'SIGTERM'), PATIENCE_MS)
      let said = ''
      for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (text: Buffer) => (said += text))
      const status = await new Promise<number | null>((resolve, reject) => {
        shell.once('error', reject)
        shell.once('close', resolve)
      }).finally(() => clearTimeout(patience))
      if (status !== 0) throw new Error(`the page’s commands end with ${status}, after:\n${said.slice(-4000)}`)
      return said
    },
    async [Symbol.asyncDispose]() {
      for (const group of shells) end(group, 'SIGTERM')
    },
  }
}
