import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileSize, freeBytes, listDirectory, openPartial, readWhole, removePath, replaceFile } from './files.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('files', () => {
  it('replaces a file whole and leaves nothing beside it', async () => {
    const path = join(folder, 'state.json')
    await replaceFile(path, 'one')
    await replaceFile(path, new TextEncoder().encode('two'))
    expect(await readFile(path, 'utf8')).toBe('two')
    expect(await readdir(folder)).toEqual(['state.json'])
  })

  it('keeps the old file and no leftovers where the new one cannot be put in its place', async () => {
    const path = join(folder, 'taken')
    await replaceFile(join(folder, 'other'), 'x')
    await import('node:fs/promises').then((fs) => fs.mkdir(path))
    await expect(replaceFile(path, 'new')).rejects.toThrow()
    expect((await readdir(folder)).sort()).toEqual(['other', 'taken'])
  })

  it('reads within a cap, and tells a missing file from an empty one', async () => {
    const path = join(folder, 'f')
    expect(await readWhole(path, 10)).toBeUndefined()
    await writeFile(path, 'twelve bytes')
    await expect(readWhole(path, 11)).rejects.toMatchObject({ code: 'too-large' })
    expect((await readWhole(path, 12))?.toString()).toBe('twelve bytes')
    expect(await fileSize(path)).toBe(12)
    await removePath(path)
    await removePath(path)
    expect(await fileSize(path)).toBeUndefined()
    expect(await listDirectory(join(folder, 'none'))).toEqual([])
    expect(await freeBytes(folder)).toBeGreaterThan(0)
  })

  it('resumes a partial file and shows it only when whole', async () => {
    const path = join(folder, 'bundle')
    {
      await using first = await openPartial(path)
      await first.append(Buffer.from('half'))
    }
    const second = await openPartial(path)
    expect(second.size).toBe(4)
    await second.append(Buffer.from(' whole'))
    expect(Buffer.concat(await second.read().toArray()).toString()).toBe('half whole')
    expect(await fileSize(path)).toBeUndefined()
    await second.commit()
    expect(await readFile(path, 'utf8')).toBe('half whole')
    expect(await readdir(folder)).toEqual(['bundle'])
  })
})
