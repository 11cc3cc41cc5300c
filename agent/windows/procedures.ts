import { large } from '../platform/writer.ts'
import { measure } from './measured.ts'
import { roll } from './roll.ts'

export const windowProcedures = { 'windows.roll': large(roll), 'windows.measure': measure }
