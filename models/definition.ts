import { open } from 'node:fs/promises'
import { ModelDefinition } from '@storecast/shared/contracts'
import { decisionComplaint } from '@storecast/shared/decisions/rule'
import { parse } from 'yaml'
import { z } from 'zod'

/** A model definition that cannot be used: its file has to change. `code`: `unreadable`, `not-yaml`, `invalid`. */
export class DefinitionError extends Error {
  override readonly name = 'DefinitionError'
  readonly code: 'unreadable' | 'not-yaml' | 'invalid'

  constructor(code: DefinitionError['code'], message: string, options?: ErrorOptions) {
    super(`model definition: ${message}`, options)
    this.code = code
  }
}

const MAX_BYTES = 256 * 1024

/** Reads and validates a model definition in YAML (or JSON, which is YAML). @throws DefinitionError */
export async function loadDefinition(path: string): Promise<ModelDefinition> {
  const buffer = Buffer.alloc(MAX_BYTES + 1)
  let size: number
  try {
    await using file = await open(path)
    size = (await file.read(buffer, 0, buffer.length, 0)).bytesRead
  } catch (cause) {
    throw new DefinitionError('unreadable', `${path}: ${(cause as Error).message}`, { cause })
  }
  if (size > MAX_BYTES) throw new DefinitionError('unreadable', `${path} has over ${MAX_BYTES} bytes`)
  return parseDefinition(buffer.toString('utf8', 0, size), path)
}

function parseDefinition(text: string, path: string): ModelDefinition {
  let document: unknown
  try {
    document = parse(text, { maxAliasCount: 100 })
  } catch (cause) {
    throw new DefinitionError('not-yaml', `${path}: ${(cause as Error).message}`, { cause })
  }
  const result = ModelDefinition.safeParse(document)
  if (result.success) {
    const { decision, quantiles } = result.data.spec
    const complaint = decision && decisionComplaint(decision, quantiles)
    if (complaint === undefined) return result.data
    throw new DefinitionError('invalid', `${path}: spec.decision.when: ${complaint}`)
  }
  throw new DefinitionError('invalid', `${path}:\n${z.prettifyError(result.error)}`, { cause: result.error })
}
