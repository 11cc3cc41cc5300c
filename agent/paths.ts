import { join } from 'node:path'

interface DataDirectory {
  readonly dataDir: string
}

/** What lies where in the data directory. */
export const databaseFile = ({ dataDir }: DataDirectory) => join(dataDir, 'agent.db')
export const objectsFolder = ({ dataDir }: DataDirectory) => join(dataDir, 'objects')
/** Of the device's key and certificate. */
export const identityFolder = ({ dataDir }: DataDirectory) => join(dataDir, 'identity')
