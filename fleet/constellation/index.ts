export { type Constellation, dayStart, type Store, startConstellation } from './constellation.ts'
export { hasMosquitto } from './mosquitto.ts'
export { ProgramError } from './program.ts'
