import { type Bundle, openBundle } from '@storecast/shared/bundle'
import { NotFoundError } from '../platform/errors.ts'
import { type Objects, readWhole } from '../platform/objects.ts'
import type { Registry } from './registry.ts'

/** The opened bundle of a registered version; null where there is none, as of one that a device names of itself. */
export async function openVersion(
  { registry, objects }: { registry: Pick<Registry, 'version'>; objects: Objects },
  model: string,
  version: number,
): Promise<Bundle | null> {
  try {
    const { bundle } = await registry.version(model, version)
    return openBundle(await readWhole(objects, bundle.sha256))
  } catch (error) {
    if (error instanceof NotFoundError) return null
    throw error
  }
}
