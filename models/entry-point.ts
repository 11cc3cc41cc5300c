import { basename, extname } from 'node:path'

/**
 * Where the entry file of a thread or child process lives: in development the `.ts` source itself (Node strips its
 * types), in a shipped bundle the file of the same name beside the bundle, with the bundle's own extension.
 * @param source `new URL('./train-thread.ts', import.meta.url)`
 */
export function entryPoint(source: URL, here: string = import.meta.url): URL {
  const extension = extname(new URL(here).pathname)
  if (extension === '.ts') return source
  return new URL(basename(source.pathname, extname(source.pathname)) + extension, here)
}
