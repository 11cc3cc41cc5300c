import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { languageFor, localeFor } from './i18n.tsx'

const folder = join(import.meta.dirname, 'languages')
const languages = globSync('*.json', { cwd: folder }).map((file) => ({
  id: basename(file, '.json'),
  words: JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, string>,
}))
const english = languages.find(({ id }) => id === 'en')!.words
/** A message's name without the form in which it counts: languages differ in how many they have. */
const base = (key: string) => key.replace(/\.(zero|one|two|few|many|other)$/, '')
const basesOf = (words: object) => [...new Set(Object.keys(words).map(base))].sort()
const inEnglish = (key: string) => english[base(key)] ?? english[`${base(key)}.other`]!
const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

describe('languages', () => {
  it('are at least English and German', () => {
    expect(languages.map(({ id }) => id)).toEqual(expect.arrayContaining(['de', 'en']))
  })

  it.each(languages)('$id has every message of the others, with the same placeholders', ({ words }) => {
    expect(basesOf(words)).toEqual(basesOf(english))
    for (const [key, text] of Object.entries(words)) {
      expect(text.trim(), key).not.toBe('')
      // Who counts one or two may leave the number out.
      if (/\.(one|two)$/.test(key)) continue
      expect(placeholders(text), key).toEqual(placeholders(inEnglish(key)))
    }
  })

  it.each(languages)('$id has all the forms in which it counts', ({ id, words }) => {
    const forms = new Intl.PluralRules(id).resolvedOptions().pluralCategories
    for (const key of Object.keys(words).filter((one) => one.endsWith('.other'))) {
      expect(forms.filter((form) => words[`${base(key)}.${form}`] === undefined)).toEqual([])
    }
  })

  it('have no message that the page does not show', () => {
    const source = globSync('**/*.{ts,tsx}', { cwd: import.meta.dirname, exclude: ['**/*.test.ts'] })
      .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
      .join('\n')
    const composed = [...source.matchAll(/`([a-z][\w.-]*\.\$\{[^`]+)`/g)].map(([, template]) => {
      const pattern = template!.replaceAll('.', '\\.').replace(/\$\{[^}]+\}/g, '[\\w-]+')
      return new RegExp(`^${pattern}$`)
    })
    const isShown = (key: string) => source.includes(`'${key}'`) || composed.some((pattern) => pattern.test(key))
    expect(basesOf(english).filter((key) => key !== 'language' && !isShown(key))).toEqual([])
  })
})

describe('the language of the page', () => {
  const known = ['en', 'de']
  const of = (chosen: string | null, site: string | null, ...browser: string[]) =>
    languageFor(known, { chosen, site, browser })

  it('is the one that was chosen here, then the shop’s, then the browser’s, then English', () => {
    expect(of('en', 'de', 'de-AT')).toBe('en')
    expect(of(null, 'de', 'en-GB')).toBe('de')
    expect(of(null, 'de-CH', 'en-GB')).toBe('de')
    expect(of(null, null, 'fr', 'de-AT')).toBe('de')
    expect(of(null, 'fr', 'nl')).toBe('en')
  })
})

describe('how numbers and times are written', () => {
  const of = (language: string, site: string | null, ...browser: string[]) => localeFor(language, { site, browser })

  it('is as in the shop’s country, then as on the tablet, where it speaks the language shown', () => {
    expect(of('de', 'de-CH', 'de-AT')).toBe('de-CH')
    expect(of('de', 'de', 'en-GB', 'de-AT')).toBe('de-AT')
    expect(of('en', 'de-CH', 'en-GB')).toBe('en-GB')
    expect(of('en', 'de-CH', 'fr-FR')).toBe('en')
  })

  it('is not as in a label that names no country', () => {
    expect(of('de', 'de-!', 'de_DE.UTF-8')).toBe('de')
  })
})
