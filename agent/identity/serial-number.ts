import { readWhole } from '../platform/files.ts'

/** Where boards and machines tell their serial number: device tree (Raspberry Pi), then DMI (readable by root). */
const PLACES = ['/sys/firmware/devicetree/base/serial-number', '/sys/class/dmi/id/product_serial']

/** Of the hardware, or undefined where none is told or readable. */
export async function hardwareSerialNumber(places: readonly string[] = PLACES): Promise<string | undefined> {
  for (const place of places) {
    const text = await readWhole(place, 4096).then(
      (bytes) => bytes?.toString().replaceAll('\0', '').trim(),
      // Not for this user to read: the config can say it.
      () => undefined,
    )
    if (text) return text.slice(0, 128)
  }
  return undefined
}
