import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { typedClient } from './typed-client.ts'

it('the console’s types are those of the API (npm run schemas writes them)', async () => {
  const written = await readFile(new URL('../console/api/openapi.ts', import.meta.url), 'utf8')
  expect(written).toBe(await typedClient())
})
