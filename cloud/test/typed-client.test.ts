import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { typedClient } from './typed-client.ts'

it('the types of the console and the command line are those of the API (npm run schemas writes them)', async () => {
  const written = await readFile(new URL('../../shared/api/openapi.ts', import.meta.url), 'utf8')
  expect(written).toBe(await typedClient())
})
