import { expect, it } from 'vitest'
import { run } from './wire.ts'

it('a sensor-window costs at most a tenth of JSON messages, on the fixed day', async () => {
  const result = await run()
  expect(result).toMatchObject({ fixture: '4715294eefeb6e6a', windows: 22_263 })
  expect(result.ratio_vs_json).toBeLessThanOrEqual(0.1)
  expect(result.ratio_vs_gzipped_json_batches).toBeLessThan(1)
})
