import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Ends programs whose starter was killed. */
export interface Leash extends AsyncDisposable {
  hold(pid: number): void
  release(pid: number): void
}

/** Reads process ids to hold (+) and to release (-). When its input ends, what is still held is asked to end. */
const WATCHER = `
held=
while read -r line; do
  case $line in
    +*) held="$held ${line#+}" ;;
    -*) left=; for pid in $held; do [ "$pid" = "${line#-}" ] || left="$left $pid"; done; held=$left ;;
  esac
done
[ -z "$held" ] || kill -TERM $held`

/** Starts a shell of a few hundred kilobytes, whose input closes with this process, however it ends. */
export function startLeash(): Leash {
  const watcher = spawn('sh', ['-c', WATCHER], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  return {
    hold: (pid) => void watcher.stdin.write(`+${pid}\n`),
    release: (pid) => void watcher.stdin.write(`-${pid}\n`),
    async [Symbol.asyncDispose]() {
      if (watcher.exitCode !== null) return
      const closed = once(watcher, 'close')
      watcher.stdin.end()
      await closed
    },
  }
}
