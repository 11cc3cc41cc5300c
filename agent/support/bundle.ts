import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { createTar } from 'nanotar'
import { redact, redactText } from './redact.ts'

export interface SupportSources {
  readonly status: () => unknown
  readonly config: () => unknown
  /** JSON, the oldest first. */
  readonly logLines: () => readonly string[]
  /** What the doctor says, a line each. */
  readonly doctor: () => Promise<readonly string[]>
}

/** Of the packed archive; the cloud takes no more. */
export const MAX_BUNDLE_BYTES = 512 * 1024
/** Of the log lines in it, in characters: the newest; they pack to a fifth and less. */
const MAX_LOG = 256 * 1024

/**
 * What somebody far away needs to understand a device, as a `.tar.gz`: status, config, newest log lines, the doctor's words.
 * Nothing goes in that is or looks like a secret; keys and certificates are never read.
 */
export async function makeSupportBundle({ status, config, logLines, doctor }: SupportSources): Promise<Buffer> {
  const pretty = (value: unknown) => `${JSON.stringify(redact(value), null, 2)}\n`
  const lines = logLines().map(redactLine)
  const files: Record<string, string> = {
    'status.json': pretty(status()),
    'config.json': pretty(config()),
    'doctor.txt': `${(await doctor()).map(redactText).join('\n')}\n`,
    'log.jsonl': `${newest(lines, MAX_LOG).join('\n')}\n`,
  }
  const pack = () => promisify(gzip)(createTar(Object.entries(files).map(([name, data]) => ({ name, data }))))
  const packed = await pack()
  if (packed.length <= MAX_BUNDLE_BYTES) return packed
  // What does not pack well is the log; without it the rest is small.
  files['log.jsonl'] = `${newest(lines, MAX_LOG / 16).join('\n')}\n`
  return pack()
}

/** Of a line that is JSON the values, so that what is quoted inside a message is seen. */
function redactLine(line: string): string {
  try {
    return JSON.stringify(redact(JSON.parse(line)))
  } catch {
    return redactText(line.trimEnd())
  }
}

function newest(lines: readonly string[], most: number): readonly string[] {
  let size = 0
  const from = lines.findLastIndex((line) => {
    size += line.length + 1
    return size > most
  })
  return lines.slice(from + 1)
}
