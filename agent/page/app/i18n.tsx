import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect, useMemo, useState } from 'preact/hooks'
import type en from './languages/en.json'

/** One file each: another language is another file beside these. */
const files = import.meta.glob<typeof en>('./languages/*.json', { eager: true, import: 'default' })
const LANGUAGES: ReadonlyMap<string, typeof en> = new Map(
  Object.entries(files).map(([path, words]) => [path.replace(/^.*\/|\.json$/g, ''), words]),
)
const FALLBACK = 'en'
const CHOSEN = 'storecast-language'

type Key = keyof typeof en
type CountedOf<K> = K extends `${infer Base}.other` ? Base : never
/** Messages that read otherwise for one than for many, by `{n}`. */
type Counted = CountedOf<Key>
export type Message = Exclude<Key, `${Counted}.one` | `${Counted}.other`> | Counted
export type Values = Readonly<Record<string, string | number>>

export interface Words {
  readonly language: string
  /** How numbers and times are written: `de-CH`. */
  readonly locale: string
  readonly languages: readonly { readonly id: string; readonly name: string }[]
  choose(language: string): void
  t(message: Message, values?: Values): string
  number(value: number, options?: Intl.NumberFormatOptions): string
  /** A share of 1. */
  percent(share: number): string
}

const Context = createContext<Words | undefined>(undefined)

/** The tablet's own choice goes first, then the shop's language, then the browser's. */
export function languageFor(
  known: readonly string[],
  { chosen, site, browser }: { chosen: string | null; site: string | null; browser: readonly string[] },
): string {
  const wanted = [chosen, site, ...browser].flatMap((tag) => (tag ? [tag, tag.split('-')[0]!] : []))
  return wanted.find((tag) => known.indexOf(tag) >= 0) ?? FALLBACK
}

/** Numbers and times are written as in the shop's country, then as on this tablet, where either speaks the language shown. */
export function localeFor(
  language: string,
  { site, browser }: { site: string | null; browser: readonly string[] },
): string {
  const tags = [site ?? '', ...browser].filter((tag) => tag.split('-')[0] === language && tag !== language)
  return tags.find(isLocale) ?? language
}

/** A label of the shop may say anything. */
function isLocale(tag: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(tag).length > 0
  } catch {
    return false
  }
}

export function Translated({ site, children }: { site: string | null; children: ComponentChildren }) {
  const [chosen, setChosen] = useState(() => remembered(CHOSEN))
  const browser = navigator.languages
  const language = languageFor([...LANGUAGES.keys()], { chosen, site, browser })
  const locale = localeFor(language, { site, browser })
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  const words = useMemo(
    () =>
      wordsOf({
        language,
        locale,
        choose: (id) => {
          remember(CHOSEN, id)
          setChosen(id)
        },
      }),
    [language, locale],
  )
  return <Context.Provider value={words}>{children}</Context.Provider>
}

export function useWords(): Words {
  const words = useContext(Context)
  if (words === undefined) throw new Error('words are wanted outside of <Translated>')
  return words
}

function wordsOf({ language, locale, choose }: Pick<Words, 'language' | 'locale' | 'choose'>): Words {
  const words = LANGUAGES.get(language) as Readonly<Record<string, string>>
  const form = pluralOf(language)
  const number = (value: number, options?: Intl.NumberFormatOptions) => value.toLocaleString(locale, options)
  return {
    language,
    locale,
    languages: [...LANGUAGES].map(([id, { language: name }]) => ({ id, name })),
    choose,
    number,
    percent: (share) => number(share, { style: 'percent', maximumFractionDigits: 0 }),
    t(message, values = {}) {
      const text =
        words[`${message}.${form(Number(values.n))}`] ?? words[`${message}.other`] ?? words[message] ?? message
      return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
        const value = values[name]
        if (value === undefined) return whole
        return typeof value === 'number' ? number(value) : value
      })
    },
  }
}

/** Safari on iOS 12 knows no plural rules: one and many are what most languages tell apart. */
function pluralOf(language: string): (n: number) => string {
  if (Intl.PluralRules === undefined) return (n) => (n === 1 ? 'one' : 'other')
  const rules = new Intl.PluralRules(language)
  return (n) => rules.select(n)
}

/** A browser that keeps nothing (private mode, blocked) is asked again. */
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(name, value)
  } catch {
    // It holds until the page is closed.
  }
}
