import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jsonSchemas } from '@storecast/fleet/schemas'

const folder = join(import.meta.dirname, '../fleet/schemas')
await mkdir(folder, { recursive: true })
for (const [name, text] of jsonSchemas()) await writeFile(join(folder, name), text)
