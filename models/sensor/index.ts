/** Forecasts of multichannel sensor series: data set, RevIN-linear network, training, scoring, export. */
export { type SensorScores, scoreSensor } from './evaluate.ts'
export { sensorReference } from './reference.ts'
export { type RevinLinearOptions, revinLinear } from './revin-linear.ts'
export { channelScale, readSensorSeries, type SensorSeries, standardised } from './series.ts'
export { type SensorTraining, sensorModel, type TrainedSensor, trainSensor } from './train.ts'
