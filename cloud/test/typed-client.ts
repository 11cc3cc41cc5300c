import openapiTS, { astToString } from 'openapi-typescript'
import { testCloud } from './cloud.ts'

const HEAD = '// Generated from the OpenAPI document by `npm run schemas`.\n\n'

/** The API as TypeScript sees it, made of the routes that a cloud of this source registers. */
export async function typedClient(): Promise<string> {
  await using cloud = await testCloud()
  const { body } = await cloud.call('GET', '/v1/openapi.json')
  // Every route refuses in the same shape, which the client knows.
  for (const path of Object.values<Record<string, { responses: object }>>(body.paths)) {
    for (const route of Object.values(path)) delete (route.responses as Record<string, unknown>)['4XX']
  }
  return HEAD + astToString(await openapiTS(body, { alphabetize: true, emptyObjectsUnknown: true }))
}
