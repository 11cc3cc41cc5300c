import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Ballast } from './ballast.ts'

it('is held where there is room, let go, and held again; it never takes the last of a disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-'))
  const path = join(folder, 'ballast')
  const ballast = new Ballast({ path, bytes: 100_000 })
  await ballast.release()
  for (let i = 0; i < 2; i++) {
    expect([await ballast.hold(), await ballast.hold()]).toEqual([true, true])
    expect((await stat(path)).size).toBe(100_000)
    await ballast.release()
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  }
  expect(await new Ballast({ path, bytes: 2 ** 50 }).hold()).toBe(false)
  await rm(folder, { recursive: true })
})
