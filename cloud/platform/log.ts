import { type Logger, pino, stdSerializers } from 'pino'

export type Log = Logger

/**
 * @param fields of the work that a line is part of: trace, device, rollout
 *
 * JSON lines on standard error, synchronously: a log line of a program that then dies is not lost.
 */
export const createLog = (level: string, fields?: () => object): Log =>
  pino(
    { level, base: null, serializers: { error: stdSerializers.err }, ...(fields && { mixin: fields }) },
    pino.destination({ dest: 2, sync: true }),
  )
