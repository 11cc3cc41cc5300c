import { endWithParent } from '../spawn.ts'

endWithParent()
process.on('message', (message) => process.send?.(message))
