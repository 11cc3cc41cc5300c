import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, type Migration, openDatabase } from '../platform/database.ts'
import { createLog } from '../platform/log.ts'

export const quiet = createLog('silent')

/** A folder that goes with the test; others may enter it, since PostgreSQL runs as another user than root. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'storecast-cloud-'))
  await chmod(path, 0o711)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** A real PostgreSQL for one test file, without fsync: it is thrown away. */
export async function testDatabase(migrations: readonly Migration[] = []): Promise<Database> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const database = stack.use(
    await openDatabase({ embedded: join(folder.path, 'postgres'), settings: { fsync: 'off' }, log: quiet }),
  )
  await database.migrate(migrations)
  const owned = stack.move()
  return { ...database, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
