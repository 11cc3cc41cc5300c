import { join } from 'node:path'

interface DataDirectory {
  readonly dataDir: string
}

/** What lies where in the data directory. */
export const databaseFile = ({ dataDir }: DataDirectory) => join(dataDir, 'agent.db')
export const objectsFolder = ({ dataDir }: DataDirectory) => join(dataDir, 'objects')
/** Of the device's key and certificate. */
export const identityFolder = ({ dataDir }: DataDirectory) => join(dataDir, 'identity')
/** The first root of trust, as the enrolment left it. */
export const rootFile = (where: DataDirectory) => join(identityFolder(where), 'root.json')
/** Made for each look at the models' repository, and removed after it. */
export const trustFolder = ({ dataDir }: DataDirectory) => join(dataDir, 'trust')
/** Held for a full disk. */
export const ballastFile = ({ dataDir }: DataDirectory) => join(dataDir, 'ballast')
/** Holds what is kept of the PIN of the shop's page. */
export const pinFile = ({ dataDir }: DataDirectory) => join(dataDir, 'page', 'pin.json')
/** Who has signed in there. */
export const sessionsFile = ({ dataDir }: DataDirectory) => join(dataDir, 'page', 'sessions.json')
