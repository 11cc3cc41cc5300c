import { z } from 'zod'

/** How alike rows are that come in one block: see `Clustering` of the statistics. */
const Clustering = z.strictObject({
  mean: z.number().min(0),
  square: z.number().min(0),
  largest: z.number().min(0),
  carry: z.number().min(0).max(1),
  freedom: z.number().positive(),
})

/** The frozen distribution of one column. B bins; ranks are those of DDSketch bins, in steps of the resolution from the centre. */
const ReferenceColumn = z
  .strictObject({
    name: z.string(),
    centre: z.number(),
    resolution: z.number().positive(),
    /** In the column's unit. */
    mean: z.number(),
    sd: z.number().nonnegative(),
    /** Last rank of every bin but the last, ascending, [B − 1]; none where the column is nearly always of one value. */
    cuts: z.array(z.int()).max(63),
    /** The rank that stands for each bin, [B]. */
    points: z.array(z.int()).min(1).max(64),
    /**
     * Within blocks of a site, and within blocks of all sites together: what a week has in common for one shop, and for
     * the fleet. Null: too few blocks to tell.
     */
    clustering: z.strictObject({ site: Clustering.nullable(), common: Clustering.nullable() }),
  })
  .refine(({ cuts, points }) => points.length === cuts.length + 1, 'one point a bin')
  .refine(({ cuts }) => cuts.every((cut, i) => i === 0 || cut > cuts[i - 1]!), 'cuts ascend')
export type ReferenceColumn = z.infer<typeof ReferenceColumn>

/** Counts by bin of one site's rows, for every column. */
const ReferenceSite = z.strictObject({ rows: z.int().positive(), counts: z.array(z.array(z.int().nonnegative())) })

/**
 * `reference.json`: the distributions that a model was trained on, frozen, so that drift is measured on fixed bins, of the
 * same sketches as devices keep. Site by site, as shops differ for good without having drifted; in blocks of whole weeks, as
 * weekdays differ too.
 */
export const Reference = z
  .strictObject({
    format: z.literal(2),
    /** Of one block. */
    blockDays: z.int().positive(),
    /** Blocks of each site. */
    blocks: z.int().positive(),
    /** Model inputs, in the manifest's order, standardised: centre is their mean, resolution a thousandth of their deviation. */
    features: z.array(ReferenceColumn).max(4096),
    /** What is forecast, in its unit: rows that can be scored. */
    target: ReferenceColumn.nullable(),
    sites: z.record(
      z.string(),
      z.strictObject({ features: ReferenceSite.nullable(), target: ReferenceSite.nullable() }),
    ),
  })
  .refine(
    ({ features, target, sites }) =>
      Object.values(sites).every(
        (site) =>
          fits(
            site.features?.counts,
            features.map(({ points }) => points.length),
          ) && fits(site.target?.counts, target ? [target.points.length] : []),
      ),
    'a site has one count a column and bin',
  )
export type Reference = z.infer<typeof Reference>

const fits = (counts: readonly (readonly number[])[] | undefined, bins: readonly number[]) =>
  counts === undefined || (counts.length === bins.length && counts.every((of, i) => of.length === bins[i]))

/** As a bundle's file holds it. Bundles of before were told apart by no site: nothing can be compared with them. */
export const ReferenceFile = z.union([Reference, z.looseObject({ format: z.literal(1) }).transform(() => null)])
