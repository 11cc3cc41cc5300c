export { auc, aucOfSketches } from './auc.ts'
export { binCounts, cutsOf, edgeOf, ofRanks, pointsOf, rankOf, ranksOf, sharesOf } from './bins.ts'
export { type Clustering, clusteringOf, designEffect, INDEPENDENT, type SampleSize } from './clustering.ts'
export { type Distribution, ofSamples, ofSketch } from './distribution.ts'
export {
  compareDrift,
  type DriftComparison,
  type DriftSample,
  type DriftThresholds,
  driftThresholds,
  effectiveRows,
  type FrozenDistribution,
  LEAST_EFFECTIVE,
} from './drift.ts'
export { discoveryThreshold, type FalseDiscoveryMethod, falseDiscovery } from './false-discovery.ts'
export {
  kolmogorovSmirnov,
  kolmogorovSmirnovExact,
  kolmogorovSmirnovOfSketches,
  kolmogorovTail,
  kolmogorovTailEstimated,
} from './kolmogorov-smirnov.ts'
export { differenceInterval, type Interval, meanInterval } from './means.ts'
export { normalQuantile } from './normal.ts'
export { psi, psiTail } from './psi.ts'
export { fTail } from './special.ts'
export { wasserstein, wassersteinNull, wassersteinOfSketches, wassersteinTail } from './wasserstein.ts'
