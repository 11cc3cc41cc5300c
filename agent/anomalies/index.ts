export { AnomalyDetector, DETECTOR, type DetectorOptions } from './detector.ts'
