import { stat } from 'node:fs/promises'
import { type Finding, ok, warn } from './findings.ts'

const LEAST_NODE = 24

/** The machine that the operator sits at. @param credentials where a login is kept, if there is one */
export async function examineMachine(node: string, credentials: string): Promise<Finding[]> {
  const major = Number(node.split('.')[0])
  const runtime =
    major >= LEAST_NODE
      ? ok('node', `version ${node}`)
      : warn('node', `version ${node}`, `run Node ${LEAST_NODE} or later: ./scripts/storecast fetches it`)
  const login = await keptAlone(credentials)
  return login ? [runtime, login] : [runtime]
}

async function keptAlone(path: string): Promise<Finding | undefined> {
  try {
    const { mode } = await stat(path)
    if ((mode & 0o077) === 0) return ok('login', `kept in ${path}, for you alone`)
    return warn('login', `others on this machine can read ${path}`, `chmod 600 ${path}, and log in anew`)
  } catch (error) {
    // A login may also come from the environment.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
