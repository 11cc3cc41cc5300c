import { setPin } from '../page/index.ts'
import { pinFile } from '../paths.ts'

/** As `storecast-agent pin` sets it. */
export const setPagePin = (dataDir: string, pin: string): Promise<void> => setPin(pinFile({ dataDir }), pin)
