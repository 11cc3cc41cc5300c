import { startChild } from '../platform/spawn.ts'

/** PEM. */
export interface KeyAndRequest {
  readonly key: string
  /** PKCS#10 with the device's id as CN, signed with the key. */
  readonly csr: string
}

/** A fresh key, made on this device. @throws an `Error` where the process that makes it cannot run */
export function makeRequest(device: string): Promise<KeyAndRequest> {
  const child = startChild(new URL('./request-maker.ts', import.meta.url), { args: [device], stdio: 'ignore' })
  return new Promise((resolve, reject) => {
    child.once('message', (made) => resolve(made as KeyAndRequest))
    child.once('error', reject)
    child.once('exit', (status, signal) =>
      reject(new Error(`the process that makes the device's key ended early (${status ?? signal})`)),
    )
  })
}
