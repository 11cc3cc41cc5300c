import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const shared = new URL('..', import.meta.url).pathname
const root = new URL('../..', import.meta.url).pathname

it('uplink_pb.ts is what uplink.proto generates (npm run proto)', () => {
  const output = mkdtempSync(join(tmpdir(), 'proto-'))
  try {
    const buf = join(createRequire(import.meta.url).resolve('@bufbuild/buf/package.json'), '../bin/buf')
    const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`
    execFileSync(buf, ['generate', '--output', output], { cwd: shared, env: { ...process.env, PATH: path } })
    expect(readFileSync(join(shared, 'wire/uplink_pb.ts'), 'utf8')).toBe(
      readFileSync(join(output, 'wire/uplink_pb.ts'), 'utf8'),
    )
  } finally {
    rmSync(output, { recursive: true })
  }
})
