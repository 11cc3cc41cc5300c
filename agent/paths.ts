import { join } from 'node:path'
import type { AgentConfig } from './config.ts'

/** What lies where in the data directory. */
export const databaseFile = ({ dataDir }: Pick<AgentConfig, 'dataDir'>) => join(dataDir, 'agent.db')
export const objectsFolder = ({ dataDir }: Pick<AgentConfig, 'dataDir'>) => join(dataDir, 'objects')
