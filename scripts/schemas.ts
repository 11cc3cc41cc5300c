import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { typedClient } from '@storecast/cloud/test/typed-client'
import { jsonSchemas, permissionsTable } from '@storecast/fleet/schemas'

const folder = join(import.meta.dirname, '../fleet/schemas')
await mkdir(folder, { recursive: true })
for (const [name, text] of jsonSchemas()) await writeFile(join(folder, name), text)

const page = join(import.meta.dirname, '../docs/reference/permissions.md')
const text = await readFile(page, 'utf8')
const mark = /(<!-- permissions -->\n)[\s\S]*(<!-- end of permissions -->)/
await writeFile(
  page,
  text.replace(mark, (_all, begin, end) => `${begin}\n${permissionsTable()}\n\n${end}`),
)

await writeFile(join(import.meta.dirname, '../cloud/console/api/openapi.ts'), await typedClient())
