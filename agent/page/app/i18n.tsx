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

export function Translated({ site, children }: { site: string | null; children: ComponentChildren }) {
  const [chosen, setChosen] = useState(() => remembered(CHOSEN))
  const language = languageFor([...LANGUAGES.keys()], { chosen, site, browser: navigator.languages })
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  const words = useMemo(
    () =>
      wordsOf(language, (id) => {
        remember(CHOSEN, id)
        setChosen(id)
      }),
    [language],
  )
  return <Context.Provider value={words}>{children}</Context.Provider>
}

export function useWords(): Words {
  const words = useContext(Context)
  if (words === undefined) throw new Error('words are wanted outside of <Translated>')
  return words
}

function wordsOf(language: string, choose: (language: string) => void): Words {
  const words = LANGUAGES.get(language) as Readonly<Record<string, string>>
  const plural = new Intl.PluralRules(language)
  const number = (value: number, options?: Intl.NumberFormatOptions) => value.toLocaleString(language, options)
  return {
    language,
    languages: [...LANGUAGES].map(([id, { language: name }]) => ({ id, name })),
    choose,
    number,
    percent: (share) => number(share, { style: 'percent', maximumFractionDigits: 0 }),
    t(message, values = {}) {
      const form = `${message}.${plural.select(Number(values.n))}`
      const text = words[form] ?? words[`${message}.other`] ?? words[message] ?? message
      return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
        const value = values[name]
        if (value === undefined) return whole
        return typeof value === 'number' ? number(value) : value
      })
    },
  }
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
