import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorOf, anchorsOf, linksOf } from './markdown.ts'

const root = resolve(import.meta.dirname, '../..')
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  .toString()
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)))
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const pages = files.filter((file) => file.endsWith('.md'))

/** What is wrong with one link of a page; undefined: nothing. */
function fault(page: string, target: string): string | undefined {
  if (/^(https?:|mailto:)/.test(target)) return undefined
  const [path, anchor] = target.split('#') as [string, string?]
  const file = path === '' ? page : relative(root, resolve(root, dirname(page), decodeURIComponent(path)))
  if (file.startsWith('..') || !existsSync(join(root, file))) return `there is no ${file}`
  if (anchor === undefined || statSync(join(root, file)).isDirectory()) return undefined
  return anchorsOf(read(file)).has(anchor) ? undefined : `${file} has no heading #${anchor}`
}

describe('anchors', () => {
  it.each([
    ['What it is worth', 'what-it-is-worth'],
    ['`GET /v1/devices/{device}`', 'get-v1devicesdevice'],
    ['Traces & logs: a_b – c', 'traces--logs-a_b--c'],
    ['Größe', 'größe'],
  ])('%s is #%s', (heading, anchor) => expect(anchorOf(heading)).toBe(anchor))

  it('of the same heading are counted', () => {
    expect([...anchorsOf('# A\n\n## B\n\n## B\n\n```\n# no heading\n```\n')]).toEqual(['a', 'b', 'b-1'])
  })
})

describe('pages', () => {
  it.each(pages)('%s links to what is there', (page) => {
    const faults = linksOf(read(page)).flatMap(({ target, line }) => {
      const wrong = fault(page, target)
      return wrong === undefined ? [] : [`${page}:${line}: ${target}: ${wrong}`]
    })
    expect(faults).toEqual([])
  })

  it('are all reached from the README', () => {
    const reached = new Set<string>(['README.md'])
    for (const page of reached) {
      for (const { target } of linksOf(read(page))) {
        const [path] = target.split('#')
        const file = relative(root, resolve(root, dirname(page), path!))
        if (!/^https?:/.test(target) && extname(file) === '.md' && existsSync(join(root, file))) reached.add(file)
      }
    }
    expect(pages.filter((page) => page.startsWith('docs/') && !reached.has(page))).toEqual([])
  })

  it('that messages and comments name are there', () => {
    const source = files.filter((file) => /\.(ts|tsx|cjs|json|ya?ml|md|sh)$/.test(file) && file !== 'package-lock.json')
    const named = source.flatMap((file) =>
      [...read(file).matchAll(/(?<![\w./-])docs\/[\w./-]+\.(?:md|svg|png|webp)\b/g)].map(([path]) => ({ file, path })),
    )
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter(({ path }) => !existsSync(join(root, path)))).toEqual([])
  })
})
