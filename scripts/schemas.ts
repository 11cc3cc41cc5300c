/** `npm run schemas`: writes anew what is made from the code, and removes what it no longer makes. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { typedClient } from '@storecast/cloud/test/typed-client'
import { permissionsTable } from '@storecast/fleet/schemas'
import { GENERATED, referenceFiles } from './docs/reference.ts'

const root = join(import.meta.dirname, '..')

const files = await referenceFiles()
for (const [path, text] of files) {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}
for (const folder of GENERATED) {
  for (const name of await readdir(join(root, folder))) {
    if (!files.has(`${folder}/${name}`)) await rm(join(root, folder, name))
  }
}

const page = join(root, 'docs/reference/permissions.md')
const text = await readFile(page, 'utf8')
const mark = /(<!-- permissions -->\n)[\s\S]*(<!-- end of permissions -->)/
await writeFile(
  page,
  text.replace(mark, (_all, begin, end) => `${begin}\n${permissionsTable()}\n\n${end}`),
)

await writeFile(join(import.meta.dirname, '../shared/api/openapi.ts'), await typedClient())
