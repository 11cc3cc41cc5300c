/** The model workshop: from a definition and a data set to a bundle that devices run. */
export { type DailyDemandData, DatasetError, type DatasetErrorCode, dayName, readDailyDemand } from './dataset/index.ts'
export { DefinitionError, loadDefinition } from './definition.ts'
export { type DeviceForecast, simulateDevices } from './demand/index.ts'
export { importModel, ModelImportError } from './import-model.ts'
export { type Inspection, inspectBundle, inspectBytes } from './inspect.ts'
export { spawnTraining, TrainingError } from './spawn-training.ts'
export { type TrainedModel, type TrainModelOptions, type TrainProgress, trainModel } from './train-model.ts'
export { TrainingDivergedError } from './training/index.ts'
