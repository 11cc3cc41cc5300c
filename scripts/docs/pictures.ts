/** One picture of the documentation, `docs/images/{name}-{theme}.webp`. */
export interface Picture {
  readonly name: string
  /** Whose page: the console's, or that of a shop's staff. */
  readonly of: 'console' | 'shop'
  /** Path and search of the console's page; what follows the `#` of the shop's. */
  readonly path: string
  /** Names of links and buttons that are pressed there, in order, the first of each. */
  readonly presses?: readonly RegExp[]
  /** A selector of the part that is in the picture, up to its height; the window where it is left out. */
  readonly part?: string
  readonly themes: readonly Theme[]
  /** Of the window, in CSS pixels. */
  readonly width: number
  readonly height: number
}
export type Theme = 'light' | 'dark'

const WIDE = { of: 'console', width: 1280, height: 800 } as const
const TABLET = { of: 'shop', themes: ['light'], width: 820 } as const

/** Few, since each is looked at: what the tutorials speak of, as the demo leaves it when its story is told. */
export const PICTURES: readonly Picture[] = [
  { ...WIDE, name: 'fleet', path: '/', themes: ['light', 'dark'] },
  { ...WIDE, name: 'rollout', path: '/rollouts/demand-v3', themes: ['light'] },
  { ...WIDE, name: 'version', path: '/models/demand/3', themes: ['light'] },
  { ...WIDE, name: 'drift', path: '/drift', themes: ['light'] },
  { ...WIDE, name: 'kpis', path: '/kpis', themes: ['light'] },
  { ...TABLET, name: 'shop', path: '/', height: 800 },
  { ...TABLET, name: 'shop-forecast', path: '/', part: 'section:has(#forecast)', height: 640 },
  { ...TABLET, name: 'shop-product', path: '/', presses: [/most likely/], height: 640 },
  { ...TABLET, name: 'shop-order', path: '/', presses: [/: reject$/], part: '.order:has(form)', height: 640 },
  { ...TABLET, name: 'shop-sensors', path: '/sensors', height: 640 },
]

/** Bytes of one picture at most: a page of the documentation is read on a slow line too. */
export const LARGEST = 150_000

export const fileOf = ({ name }: Picture, theme: Theme): string => `docs/images/${name}-${theme}.webp`
