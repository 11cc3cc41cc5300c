import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './desk.ts'

/** What a page of the documentation says that people see in the browser: its words in bold. */
export interface Quotes {
  /** These words, once the page has been seen to quote them. @throws where it does not */
  said(words: string): string
  /** Quoted, and never asked for. */
  left(): readonly string[]
}

/** @param page under `docs` */
export async function quotesOf(page: string): Promise<Quotes> {
  const text = await readFile(join(ROOT, 'docs', page), 'utf8')
  const left = new Set(boldOf(text))
  const all = new Set(left)
  return {
    said(words) {
      if (!all.has(words)) throw new Error(`docs/${page} does not quote **${words}**`)
      left.delete(words)
      return words
    },
    left: () => [...left],
  }
}

/** Words in bold. */
export const boldOf = (text: string): string[] =>
  [...text.matchAll(/\*\*([^*]+)\*\*/g)].map(([, words]) => words!.replaceAll(/\s+/g, ' '))
