import { coarsen } from './coarsen.ts'
import { roll } from './roll.ts'

export const windowProcedures = { 'windows.roll': roll, 'windows.coarsen': coarsen }
