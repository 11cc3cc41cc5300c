export { type Constellation, dayStart, type Store, startConstellation } from './constellation.ts'
export { untilCloudHasAll } from './drained.ts'
export { hasMosquitto } from './mosquitto.ts'
export { ProgramError } from './program.ts'
