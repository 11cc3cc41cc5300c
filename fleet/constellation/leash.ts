import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Ends a program whose starter was killed. */
export interface Leash extends AsyncDisposable {
  hold(pid: number): void
  release(): void
}

/** Each line is the process to hold, an empty one none. When its input ends, what it still holds is asked to end. */
const WATCHER = `
held=
while read -r pid; do held=$pid; done
[ -z "$held" ] || kill -TERM "$held"`

/** Starts a shell of a few hundred kilobytes, whose input closes with this process, however it ends. */
export function startLeash(): Leash {
  const watcher = spawn('sh', ['-c', WATCHER], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  return {
    hold: (pid) => void watcher.stdin.write(`${pid}\n`),
    release: () => void watcher.stdin.write('\n'),
    async [Symbol.asyncDispose]() {
      if (watcher.exitCode !== null) return
      const closed = once(watcher, 'close')
      watcher.stdin.end()
      await closed
    },
  }
}
