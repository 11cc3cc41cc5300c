/**
 * Ends with 0 when `node_modules` holds what `package-lock.json` names, with 1 when `npm ci` is due. A look at npm's own
 * record of what it installed costs milliseconds; `npm ci` would take everything down and up again.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Entry {
  readonly version?: string
  readonly integrity?: string
  readonly optional?: boolean
}

const packages = (file: string): Record<string, Entry> => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return {} // never installed: everything differs
  }
}

const root = process.argv[2] ?? '.'
const wanted = packages(join(root, 'package-lock.json'))
const installed = packages(join(root, 'node_modules', '.package-lock.json'))
const differs = Object.entries(wanted).some(([path, { version, integrity, optional }]) => {
  if (!path.includes('node_modules/')) return false
  const have = installed[path]
  return have === undefined ? optional !== true : have.version !== version || have.integrity !== integrity
})
process.exitCode = differs ? 1 : 0
