import type { AgentConfig } from './config.ts'
import type { Identity } from './identity/index.ts'
import { rootFile, trustFolder } from './paths.ts'
import type { Connection } from './platform/database.ts'
import { fileSize, readFrom, readWhole } from './platform/files.ts'
import type { Logger } from './platform/logger.ts'
import type { Writer } from './platform/writer.ts'
import { openTrustGate, TrustError, type TrustGate, TrustRefused, type TrustTime } from './trust/index.ts'
import { type ObjectStore, RefusedUpdateError, type StepTools, TransientUpdateError } from './update/index.ts'
import type { AgentProcedures } from './writer-thread.ts'

const LARGEST_ROOT = 512 * 1024

/** The gate of an agent, with its files where they lie. */
export function openGate(options: {
  readonly config: AgentConfig
  readonly writer: Writer<AgentProcedures>
  readonly db: Connection
  readonly store: ObjectStore
  readonly log: Logger
  readonly now: () => number
  /** Undefined where the agent works alone. */
  readonly identity: Identity | undefined
  readonly time: TrustTime
}): TrustGate {
  const { config, store, identity, ...rest } = options
  const given = config.cloud?.rootFile
  return openTrustGate({
    ...rest,
    device: config.device,
    folder: trustFolder(config),
    root: async (signal) => {
      const enrolled = given === undefined ? await identity?.root(signal) : undefined
      return enrolled ?? (await readWhole(given ?? rootFile(config), LARGEST_ROOT))
    },
    requireTls: () => identity?.current?.broker.startsWith('mqtts:') ?? false,
    tls: () => identity?.current?.tls ?? {},
    read: async (sha256) => {
      const path = store.path(sha256)
      return (await fileSize(path)) === undefined ? undefined : readFrom(path)
    },
  })
}

/** The gate's word on a model, as updates take it. */
export function approvalBy(gate: TrustGate, store: ObjectStore): StepTools['requireApproved'] {
  return async (request, signal) => {
    try {
      await gate.requireApproved(request, signal)
    } catch (error) {
      if (!(error instanceof TrustError)) throw error
      const { code, message } = error
      if (error instanceof TrustRefused) throw new RefusedUpdateError(code, message, { cause: error })
      // Bytes that have changed on disk are removed by this look, and fetched again.
      if (code === 'bundle-altered') await store.isWhole(request.bundle.sha256)
      throw new TransientUpdateError(code, message, { cause: error })
    }
  }
}
