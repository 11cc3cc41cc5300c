#!/usr/bin/env node
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import type { TargetFile } from 'tuf-js'
import { openReading } from '../platform/database.ts'
import { fileSize, listDirectory, makeDirectory, readFrom, readWhole, replaceFile } from '../platform/files.ts'
import { startWriter } from '../platform/writer.ts'
import { FETCH_LIMITS, fetchCapped } from '../trust/fetch.ts'
import { Repository } from '../trust/session.ts'
import { readMetadata } from '../trust/state.ts'
import { TrustTime } from '../trust/time.ts'
import type { AgentProcedures } from '../writer-thread.ts'
import { temporaryFolder } from './storage.ts'

/**
 * The device's trust behind the command line that theupdateframework/tuf-conformance asks of a client (its CLIENT-CLI.md):
 * the metadata folder is brought into a database before a command, and what the database trusts is written back after it,
 * also where the command failed.
 *
 *   tuf-client.ts --metadata-dir DIR init ROOT
 *   tuf-client.ts --metadata-dir DIR --metadata-url URL refresh
 *   tuf-client.ts --metadata-dir DIR --metadata-url URL --target-name PATH --target-base-url URL --target-dir DIR download
 *
 * Exit status: 0 where all went through, 1 where anything did not.
 */
const LARGEST = 8 * 1024 * 1024

async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'metadata-dir': text,
      'metadata-url': text,
      'target-name': text,
      'target-base-url': text,
      'target-dir': text,
    },
  })
  const given = (name: keyof typeof values): string => {
    const value = values[name]
    if (value === undefined) throw new Error(`--${name} is missing`)
    return value
  }
  const [command, root] = positionals
  const folder = given('metadata-dir')
  if (command === 'init' && root !== undefined) {
    await makeDirectory(folder)
    const bytes = await readWhole(root, LARGEST)
    if (bytes === undefined) throw new Error(`${root}: there is no such file`)
    return await replaceFile(join(folder, 'root.json'), bytes)
  }
  const metadataUrl = given('metadata-url')
  if (command === 'refresh') return void (await refresh(folder, metadataUrl))
  if (command !== 'download') throw new Error(`${command}: expected init ROOT, refresh or download`)
  const name = given('target-name')
  const { target, isConsistent } = await refresh(folder, metadataUrl, name)
  if (target === undefined) throw new Error(`${name}: nobody signed for it`)
  const place = join(given('target-dir'), encodeURIComponent(name))
  if (await isWhole(place, target)) return
  const path = name.split('/')
  if (isConsistent) path.push(`${Object.values(target.hashes)[0]}.${path.pop()}`)
  const url = `${given('target-base-url')}/${path.map(encodeURIComponent).join('/')}`
  const limits = { maxBytes: target.length, limits: FETCH_LIMITS, tls: {}, signal: new AbortController().signal }
  const bytes = await fetchCapped(url, limits)
  await target.verify(Readable.from([bytes]))
  await replaceFile(place, bytes)
}

async function isWhole(file: string, target: TargetFile): Promise<boolean> {
  if ((await fileSize(file)) !== target.length) return false
  const verified = target.verify(readFrom(file))
  return await verified.then(
    () => true,
    () => false,
  )
}

interface Refreshed {
  readonly target: TargetFile | undefined
  readonly isConsistent: boolean
}

/** The client workflow over the folder; looks a target up where one is asked for. */
async function refresh(folder: string, metadataUrl: string, name?: string): Promise<Refreshed> {
  await using stack = new AsyncDisposableStack()
  const work = stack.use(await temporaryFolder())
  const file = join(work.path, 'trust.db')
  const entry = new URL('../writer-thread.ts', import.meta.url)
  const writer = stack.use(await startWriter<AgentProcedures>(entry, { file }))
  const db = stack.adopt(openReading(file), (connection) => void connection.close())

  const names = (await listDirectory(folder)).filter((file) => file.endsWith('.json'))
  const read = async (file: string): Promise<[string, Uint8Array]> => {
    const bytes = await readWhole(join(folder, file), LARGEST)
    return [file.slice(0, -'.json'.length), bytes!]
  }
  const metadata = new Map(await Promise.all(names.map(read)))
  const nothing = { targets: [], gone: [], known: 0, attestedBy: [], refreshedAt: undefined }
  await writer.call('trust.keep', { metadata, ...nothing })

  const repository = stack.use(
    new Repository({
      ...{ writer, db, now: Date.now, folder: join(work.path, 'session'), smallTargets: [], tls: () => ({}) },
      time: new TrustTime(0),
    }),
  )
  const mirror = { metadataUrl, targetsUrl: metadataUrl }
  const { signal } = new AbortController()
  try {
    const target = await repository.session({ mirror, signal, fresh: true }, async (lookUp) => name && lookUp(name))
    const root = JSON.parse(readMetadata(db).get('root')!.toString())
    return { target: target || undefined, isConsistent: root.signed.consistent_snapshot === true }
  } finally {
    for (const [role, body] of readMetadata(db)) await replaceFile(join(folder, `${role}.json`), body)
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
