import { type AgentConfig, type AgentSecrets, ConfigError } from './config.ts'
import type { IdentitySettings } from './identity/index.ts'
import { identityFolder } from './paths.ts'
import { readWhole } from './platform/files.ts'

const LARGEST_CA = 1024 * 1024

/** Undefined where the agent works alone. @throws ConfigError */
export async function identitySettings(
  config: AgentConfig,
  secrets: AgentSecrets,
): Promise<IdentitySettings | undefined> {
  const { cloud, device } = config
  if (cloud === undefined) return undefined
  const ca = cloud.caFile === undefined ? undefined : (await readWhole(cloud.caFile, LARGEST_CA))?.toString()
  if (cloud.caFile !== undefined && ca === undefined) {
    throw new ConfigError('config-invalid', `cloud.caFile: there is no file ${cloud.caFile}`)
  }
  const { mqtt: broker, serialNumber } = cloud
  return {
    device,
    folder: identityFolder(config),
    claim: secrets.claim,
    token: secrets.deviceToken,
    broker,
    serialNumber,
    ca,
  }
}
