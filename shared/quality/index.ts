export { DIMENSIONS, type QualityCounts, type QualityScores, qualityScores } from './score.ts'
