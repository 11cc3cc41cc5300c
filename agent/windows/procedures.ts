import { large } from '../platform/writer.ts'
import { coarsen } from './coarsen.ts'
import { measure } from './measured.ts'
import { roll } from './roll.ts'

export const windowProcedures = {
  'windows.roll': large(roll),
  'windows.coarsen': large(coarsen),
  'windows.measure': measure,
}
