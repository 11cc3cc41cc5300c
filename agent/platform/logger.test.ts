import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('has written a line before the process dies of what it tells', async () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL('./logger.ts', import.meta.url).href)}
    const log = createLogger({ level: 'warn', bindings: { device: 'shop-7' } })
    log.info('not at this level')
    log.warn({ code: 'disk-full' }, 'last words')
    process.kill(process.pid, 'SIGKILL')`
  const run = promisify(execFile)(process.execPath, ['--input-type=module-typescript', '-e', program])
  const { stdout } = await run.catch((killed: { stdout: string }) => killed)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toMatchObject([{ device: 'shop-7', code: 'disk-full', msg: 'last words' }])
})
