/** A link or image as it stands in a page. */
export interface Link {
  readonly target: string
  /** From 1. */
  readonly line: number
}

/** Text without code, in which a bracket is no link; lines stay where they are. */
const withoutCode = (page: string) =>
  page
    .replaceAll(/^```[\s\S]*?^```/gm, (block) => block.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/`[^`\n]*`/g, (code) => ' '.repeat(code.length))

export function linksOf(page: string): Link[] {
  const text = withoutCode(page)
  return [...text.matchAll(/\]\(<?([^)\s>]+)>?\)|<(?:img|source|a)\b[^>]*?\b(?:src|srcset|href)="([^"]+)"/g)].map(
    (found) => ({ target: (found[1] ?? found[2])!, line: text.slice(0, found.index).split('\n').length }),
  )
}

/** A heading's anchor as GitHub makes it: https://github.com/Flet/github-slugger, without its table of letters. */
export const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-')

/** Every anchor of a page; of headings that read the same the second ends in `-1`. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const seen = new Map<string, number>()
  const headings = page.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} +(.+?) *#*$/gm)
  const anchors = [...headings].map(([, heading]) => {
    const anchor = anchorOf(heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'))
    const before = seen.get(anchor) ?? 0
    seen.set(anchor, before + 1)
    return before === 0 ? anchor : `${anchor}-${before}`
  })
  const named = [...page.matchAll(/<a (?:id|name)="([^"]+)">/g)].map(([, name]) => name!)
  return new Set([...anchors, ...named])
}

/** A text as code; one that holds a backtick is fenced by two. */
export const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``)

/** A table of GitHub's Markdown; in cells lines become spaces, and bars are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => text.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Blocks of a page, apart by a line. */
export const page = (...blocks: readonly (string | undefined)[]): string =>
  `${blocks.filter((block) => block !== undefined && block !== '').join('\n\n')}\n`

/** A sentence of its own: begins large and ends in a full stop. */
export function sentence(text: string): string {
  if (text === '') return ''
  const begun = /^[a-z]/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text
  return /[.!?:]$/.test(begun) ? begun : `${begun}.`
}
