import fc from 'fast-check'

/** Something that happens. Numbers choose among what there is at that moment. */
export type Happening =
  /** A window closes, or a late reading revises it; perhaps it is sent at once. */
  | {
      readonly kind: 'window'
      readonly run: number
      readonly series: number
      readonly slot: number
      readonly sent: boolean
    }
  /** Windows of an hour, or of two, become one. */
  | {
      readonly kind: 'coarsen'
      readonly run: number
      readonly series: number
      readonly hour: number
      readonly day: boolean
    }
  /** A window is given up for good. */
  | { readonly kind: 'drop'; readonly run: number; readonly slot: number }
  | {
      readonly kind: 'forecast' | 'score' | 'event' | 'evidence' | 'decision' | 'report'
      readonly run: number
      readonly id: number
    }
  | { readonly kind: 'connect' | 'disconnect' | 'kill'; readonly run: number }
  | { readonly kind: 'tick'; readonly run: number; readonly seconds: number }
  /** Two workers take messages at the same time, in any order; some come again. */
  | {
      readonly kind: 'ingest'
      readonly first: readonly number[]
      readonly second: readonly number[]
      readonly again: boolean
    }
  /** A reply reaches the device; perhaps it comes again. */
  | { readonly kind: 'reply'; readonly which: number; readonly again: boolean }
  | { readonly kind: 'lose'; readonly which: number }
  /** For a while the network does all it should. */
  | { readonly kind: 'converse'; readonly rounds: number }
  /** An image of the disk is taken, and takes the place of the disk. */
  | { readonly kind: 'image' | 'restore-image'; readonly run: number }
  /** A copy of the disk, or of an image of it, runs as well. */
  | { readonly kind: 'clone'; readonly run: number; readonly fromImage: boolean }
  | { readonly kind: 'backup' | 'restore-cloud' }
  /** An operator releases a quarantined copy. */
  | { readonly kind: 'release'; readonly which: number }

const run = fc.nat(5)
const message = fc.nat(9)
/** Of 24 in two hours: mostly the same few, so that they are revised. */
const slot = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(0, 1, 12) }, { weight: 1, arbitrary: fc.nat(23) })

/** What happens on devices and the network, always. */
const usual: fc.WeightedArbitrary<Happening>[] = [
  {
    weight: 16,
    arbitrary: fc.record({ kind: fc.constant('window'), run, series: fc.nat(1), slot, sent: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('coarsen'), run, series: fc.nat(1), hour: fc.nat(1), day: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop'), run, slot: fc.nat(3) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('forecast', 'score', 'event', 'evidence', 'decision', 'report'),
      run,
      id: fc.nat(2),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('connect'), run }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('disconnect', 'kill'), run }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('tick'), run, seconds: fc.constantFrom(0, 1, 20, 40) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('ingest'),
      first: fc.array(message, { maxLength: 4 }),
      second: fc.array(message, { maxLength: 2 }),
      again: fc.boolean(),
    }),
  },
  { weight: 14, arbitrary: fc.record({ kind: fc.constant('reply'), which: message, again: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lose'), which: message }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('converse'), rounds: fc.integer({ min: 1, max: 4 }) }) },
]
const images: fc.WeightedArbitrary<Happening>[] = [
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('image'), run }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('restore-image'), run }) },
]
const clones: fc.WeightedArbitrary<Happening>[] = [
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('clone'), run, fromImage: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release'), which: fc.nat(3) }) },
]
const restores: fc.WeightedArbitrary<Happening>[] = [
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('backup') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('restore-cloud') }) },
]

export interface History {
  /** Of everything that is drawn in it. */
  readonly seed: number
  /** Whether it begins with everyone connected and heard. */
  readonly open: boolean
  readonly happenings: readonly Happening[]
}

/** Some histories know no disasters, some one kind, some all. */
export const history: fc.Arbitrary<History> = fc
  .constantFrom(
    usual,
    [...usual, ...restores],
    [...usual, ...images],
    [...usual, ...clones],
    [...usual, ...images, ...clones, ...restores],
    [...usual, ...images, ...clones, ...restores],
  )
  .chain((kinds) =>
    fc.record({
      seed: fc.integer(),
      open: fc.boolean(),
      happenings: fc.array(fc.oneof({ withCrossShrink: false }, ...kinds), {
        minLength: 5,
        maxLength: 70,
        size: 'max',
      }),
    }),
  )
