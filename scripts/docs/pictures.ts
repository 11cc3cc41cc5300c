/** One picture of the documentation, `docs/images/{name}-{theme}.webp`. */
export interface Picture {
  readonly name: string
  /** Whose page: the console's, or that of a shop's staff. */
  readonly of: 'console' | 'shop'
  /** Path and search of the console's page; what follows the `#` of the shop's. */
  readonly path: string
  readonly themes: readonly Theme[]
  /** Of the window, in CSS pixels. */
  readonly width: number
  readonly height: number
}
export type Theme = 'light' | 'dark'

const WIDE = { of: 'console', width: 1280, height: 800 } as const

/** Few, since each is looked at: what the tutorials speak of, as the demo leaves it when its story is told. */
export const PICTURES: readonly Picture[] = [
  { ...WIDE, name: 'fleet', path: '/', themes: ['light', 'dark'] },
  { ...WIDE, name: 'rollout', path: '/rollouts/demand-v3', themes: ['light'] },
  { ...WIDE, name: 'drift', path: '/drift', themes: ['light'] },
  { ...WIDE, name: 'kpis', path: '/kpis', themes: ['light'] },
  { name: 'shop', of: 'shop', path: '/', themes: ['light'], width: 820, height: 1000 },
]

/** Bytes of one picture at most: a page of the documentation is read on a slow line too. */
export const LARGEST = 150_000

export const fileOf = ({ name }: Picture, theme: Theme): string => `docs/images/${name}-${theme}.webp`
