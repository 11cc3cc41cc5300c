export { type Dataset, rows, windows } from './dataset.ts'
export { type JobProgress, type JobResult, TrainingDivergedError } from './job.ts'
export { type Trained, type TrainInput, type TrainOptions, train } from './train.ts'
