import type { AgentConfig, AgentSecrets } from './config.ts'
import { openIdentity } from './identity/index.ts'
import { identitySettings } from './identity-settings.ts'
import { makeDirectory } from './platform/files.ts'
import { lockDirectory } from './platform/lock.ts'
import type { Logger } from './platform/logger.ts'

/** The cloud did not take the device in, or was not reached. */
export class EnrolmentFailed extends Error {
  override readonly name = 'EnrolmentFailed'
  readonly code = 'enrolment-failed'
}

export interface EnrolOptions {
  readonly log: Logger
  /** Real milliseconds to go on trying. */
  readonly patienceMs: number
}

/**
 * Enrols the device with its claim, where it is not enrolled yet, without running the agent.
 * @returns the broker that it may now talk to
 * @throws EnrolmentFailed, ConfigError, AlreadyRunning
 */
export async function enrol(config: AgentConfig, secrets: AgentSecrets, options: EnrolOptions): Promise<string> {
  await makeDirectory(config.dataDir)
  using _lock = lockDirectory(config.dataDir)
  const settings = await identitySettings(config, secrets)
  if (settings === undefined)
    throw new EnrolmentFailed('there is nothing to enrol with: the config has no section "cloud"')
  await using identity = await openIdentity(settings, options.log, Date.now)
  try {
    return (await identity.credentials(AbortSignal.timeout(options.patienceMs))).broker
  } catch (cause) {
    const why = identity.trouble ?? 'no answer'
    throw new EnrolmentFailed(`${why}; the agent goes on trying when it runs`, { cause })
  }
}
