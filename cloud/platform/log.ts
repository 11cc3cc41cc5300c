import { type Logger, pino } from 'pino'

export type Log = Logger

/** JSON lines on standard error, synchronously: a log line of a program that then dies is not lost. */
export const createLog = (level: string): Log => pino({ level, base: null }, pino.destination({ dest: 2, sync: true }))
