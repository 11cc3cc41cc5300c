import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { env, getuid, kill, pid as ownPid } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { SetupError, UnavailableError } from './errors.ts'
import { chmod, chown, mkdir, readText, rename, rm, sweepPartials, unreachableBy } from './files.ts'
import { LOCKS } from './locks.ts'
import type { Log } from './log.ts'
import { postgresBinaries } from './postgres-binaries.ts'
import { type Account, account, commandLine, isRunning } from './processes.ts'

/** The major version of the binaries we ship; data written by another needs a dump and a restore. */
const POSTGRES_MAJOR = '18'

const USER = 'storecast'
const START_MS = 60_000
const STOP_MS = 60_000

export interface PostgresOptions {
  /** Holds the cluster; made on first use. */
  readonly directory: string
  readonly log: Log
  /** Extra server settings, e.g. `{ fsync: 'off' }` for tests. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface PostgresServer extends AsyncDisposable {
  /** For `pg` and libpq: a Unix socket only this user can enter; no TCP port is opened. */
  readonly url: string
  readonly pid: number
  /** Resolves when the server ends without having been asked to. */
  readonly lost: Promise<UnavailableError>
}

/**
 * Starts PostgreSQL as a child process.
 *
 * The server never outlives its use: a watcher shell holds a pipe from this process and stops the server when the pipe
 * closes, so even a SIGKILL of this process ends it. Where the watcher was killed too, the next start finds the orphan
 * through `postmaster.pid` and stops it. A server whose owner is alive (it holds an advisory lock) is left alone.
 * @throws SetupError `postgres-major`, `postgres-in-use`, `postgres-unreachable`, `postgres-start`.
 */
export async function startPostgres({ directory, log, settings = {} }: PostgresOptions): Promise<PostgresServer> {
  const root = resolve(directory)
  const binaries = await postgresBinaries()
  const user = getuid?.() === 0 ? await account('postgres') : undefined
  await mkdir(root, { recursive: true, mode: 0o711 })
  if (user) await requireReach(root, binaries.postgres, user)
  const data = join(root, 'data')
  await requireMajor(data)
  const socket = socketPath(root)
  await prepareSocket(socket, user)
  await endOrphan(data, socket, log)
  if ((await readText(join(data, 'PG_VERSION'))) === undefined) await initialise(binaries.initdb, data, user, log)

  const flags = Object.entries({
    listen_addresses: '',
    unix_socket_directories: socket,
    unix_socket_permissions: '0700',
    max_connections: '60',
    shared_buffers: '64MB',
    jit: 'off',
    ...settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = [binaries.postgres, '-D', data, ...flags]
  const server = spawn('/bin/sh', ['-c', LAUNCHER, 'storecast-postgres', WATCHER, data, ...command], {
    // Its own process group: Ctrl-C in the terminal must not stop it before we have written our last rows.
    detached: true,
    // The input is the watcher's: it closes with this process.
    stdio: ['pipe', 'ignore', 'pipe'],
    env: cleanEnvironment(),
    ...(user && { uid: user.uid, gid: user.gid }),
  })
  const said: string[] = []
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.push(...text.trimEnd().split('\n'))
    said.splice(0, said.length - 20)
    log.debug({ postgres: text.trimEnd() })
  })
  const exited = once(server, 'exit')
  const owner = await connectOwner(server, exited, socket, said)
  log.info({ pid: server.pid, directory: root }, 'PostgreSQL runs')

  let stopping = false
  const lost = exited.then(([code, signal]) => {
    if (stopping) return new Promise<never>(() => {})
    const why = signal ?? `status ${code}`
    return new UnavailableError({
      code: 'postgres-ended',
      message: `PostgreSQL in ${root} ended by itself (${why}). Last words: ${said.slice(-3).join(' | ')}`,
    })
  })
  return {
    url: postgresUrl(root),
    pid: server.pid!,
    lost,
    async [Symbol.asyncDispose]() {
      if (stopping) return
      stopping = true
      owner.on('error', () => {})
      await owner.end()
      server.kill('SIGINT')
      await exited
      await rm(socket, { recursive: true, force: true })
      log.info({ directory: root }, 'PostgreSQL has stopped')
    },
  }
}

/** No PG* variable of the caller's shell reaches our server; messages come in English, since we read them. */
const cleanEnvironment = () => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PG'))),
  LC_ALL: 'C',
})

async function requireMajor(data: string): Promise<void> {
  const found = (await readText(join(data, 'PG_VERSION')))?.trim()
  if (found === undefined || found === POSTGRES_MAJOR) return
  throw new SetupError({
    code: 'postgres-major',
    message: `${data} was written by PostgreSQL ${found}; this version of Storecast ships ${POSTGRES_MAJOR}, which cannot read it. Take a backup with the Storecast that wrote it (storecast backup), move the folder away, start once, and restore.`,
  })
}

async function requireReach(root: string, binary: string, user: Account): Promise<void> {
  for (const path of [root, dirname(binary)]) {
    const closed = await unreachableBy(path, user)
    if (closed === undefined) continue
    throw new SetupError({
      code: 'postgres-unreachable',
      message: `PostgreSQL does not run as root, and the account "${user.name}" that runs it may not enter ${closed} (on the way to ${path}). Allow it (chmod o+x ${closed}), choose another place, run Storecast as another user, or set DATABASE_URL.`,
    })
  }
}

/** Where the server of a folder is reached, by this user, while it runs. */
export const postgresUrl = (directory: string): string =>
  `postgresql://${USER}@localhost/storecast?host=${encodeURIComponent(socketPath(resolve(directory)))}`

/** A Unix socket's path is limited to 107 bytes, so that deep data folders get theirs under the temporary folder. */
function socketPath(root: string): string {
  const beside = join(root, 'socket')
  const digest = createHash('sha256').update(root).digest('hex').slice(0, 16)
  return Buffer.byteLength(beside) <= 85 ? beside : join(tmpdir(), `storecast-${digest}`)
}

async function prepareSocket(directory: string, user: Account | undefined): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await chmod(directory, 0o700)
  if (user) await chown(directory, user.uid, user.gid)
}

/** In a folder beside, renamed when whole: a kill half-way leaves nothing that looks like a cluster. */
async function initialise(initdb: string, data: string, user: Account | undefined, log: Log): Promise<void> {
  const root = dirname(data)
  await sweepPartials(root)
  const temporary = `${data}.${ownPid}.part`
  await mkdir(temporary, { mode: 0o700 })
  if (user) await chown(temporary, user.uid, user.gid)
  log.info({ directory: root }, 'preparing a new PostgreSQL cluster')
  const flags = [
    '--auth=trust',
    `--username=${USER}`,
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--locale=C.UTF-8',
  ]
  try {
    await promisify(execFile)(initdb, [`--pgdata=${temporary}`, '--data-checksums', '--no-instructions', ...flags], {
      env: cleanEnvironment(),
      ...(user && { uid: user.uid, gid: user.gid }),
    })
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true })
    const said = String((cause as { stderr?: string }).stderr ?? (cause as Error).message).trim()
    throw new SetupError({
      code: 'postgres-start',
      message: `PostgreSQL could not prepare ${data}: ${said}`,
      cause,
    })
  }
  await rename(temporary, data)
}

const superuser = (socket: string, database: string) => new pg.Client({ host: socket, user: USER, database })

/** Stops the server that a killed owner left behind; refuses where the owner is alive. */
async function endOrphan(data: string, socket: string, log: Log): Promise<void> {
  const pidFile = join(data, 'postmaster.pid')
  const found = Number((await readText(pidFile))?.split('\n')[0])
  if (!Number.isInteger(found) || found <= 0 || !(await isRunning(found))) return
  const command = await commandLine(found)
  if (command !== undefined && !command.includes(data)) {
    // The number was given to another process since; PostgreSQL itself would refuse to start because of it.
    await rm(pidFile, { force: true })
    return
  }
  const deadline = performance.now() + STOP_MS
  let asked = false
  while (await isRunning(found)) {
    if (performance.now() > deadline) {
      throw new SetupError({
        code: 'postgres-in-use',
        message: `PostgreSQL process ${found} uses ${data} and does not stop. Look at it, and end it (kill -INT ${found}).`,
      })
    }
    if (!asked) {
      await ifOwnerless(socket, data, () => {
        log.warn({ pid: found }, 'stopping the PostgreSQL that a killed process left behind')
        kill(found, 'SIGINT')
        asked = true
      })
    }
    await delay(20)
  }
}

/**
 * Asks a running server whether a living Storecast owns it, and acts where nobody does and while nobody can come to. Does
 * nothing while that is not known: it starts, stops, or has yet to see an owner's end.
 */
async function ifOwnerless(socket: string, data: string, act: () => void): Promise<void> {
  const client = superuser(socket, 'postgres')
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_lock($1) AS free', [LOCKS.owner])
    if (rows[0]?.free) return act()
    const owners = await client.query<{ application_name: string }>(
      "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND objid = $1 AND granted",
      [LOCKS.owner],
    )
    const owner = owners.rows[0]?.application_name
    // The server takes a moment to see that an owner was killed, and drops its lock then.
    const pid = Number(/^storecast process (\d+)$/.exec(owner ?? '')?.[1])
    if (!owner || (pid > 0 && !(await isRunning(pid)))) return
    throw new SetupError({
      code: 'postgres-in-use',
      message: `${data} is in use by ${owner}. Stop that one first, or give this one another data folder.`,
    })
  } catch (error) {
    if (error instanceof SetupError) throw error
  } finally {
    await client.end().catch(() => {})
  }
}

/** Waits until the server answers, makes the database, and takes the lock that says a living process owns it. */
async function connectOwner(
  server: ChildProcess,
  exited: Promise<unknown>,
  socket: string,
  said: readonly string[],
): Promise<pg.Client> {
  const deadline = performance.now() + START_MS
  let ended = false
  exited.then(
    () => {
      ended = true
    },
    () => {
      ended = true
    },
  )
  for (;;) {
    const client = new pg.Client({
      host: socket,
      user: USER,
      database: 'postgres',
      application_name: `storecast process ${ownPid}`,
    })
    client.on('error', () => {})
    try {
      await client.connect()
      // Where two start at once this may be the other's, which is not to be owned: ours ends in a moment.
      const { rows } = await client.query<{ pid: number }>(
        "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int4 AS pid",
      )
      if (rows[0]?.pid !== server.pid) throw new Error(`PostgreSQL process ${rows[0]?.pid} is another's`)
      const locks = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [LOCKS.owner])
      if (!locks.rows[0]?.taken) throw new Error('another process looks at this PostgreSQL')
      const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = 'storecast'")
      if (rowCount === 0) await client.query('CREATE DATABASE storecast')
      return client
    } catch (cause) {
      await client.end().catch(() => {})
      if (!ended && performance.now() < deadline) {
        await delay(15)
        continue
      }
      server.kill('SIGQUIT')
      throw new SetupError({
        code: 'postgres-start',
        message: `PostgreSQL did not start: ${said.slice(-3).join(' | ') || (cause as Error).message}`,
        cause,
      })
    }
  }
}

/**
 * Becomes the server, once a watcher stands beside it: however early the owner is killed, there is somebody who sees it.
 * The watcher is nobody's child, since the server would take the end of one it does not know for a crash.
 */
const LAUNCHER = `exec 3<&0
(/bin/sh -c "$1" storecast-postgres-watcher "$2" "$$" <&3 3<&- >/dev/null 2>&1 &)
shift 2
exec "$@" </dev/null 3<&-`

/** Once the pipe to its input closes; for a minute, since a server that is starting has no file yet that says it is one. */
const WATCHER = `cat >/dev/null; left=60
while [ "$left" -gt 0 ] && kill -0 "$2" 2>/dev/null; do
  [ "$(head -n 1 "$1/postmaster.pid" 2>/dev/null)" = "$2" ] && kill -INT "$2" && exit
  left=$((left - 1)); sleep 1
done`
