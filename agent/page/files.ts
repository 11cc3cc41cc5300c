import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HttpError } from '../local/errors.ts'
import type { Reply, Route } from '../local/routes.ts'
import { listDirectory, readWhole } from '../platform/files.ts'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webmanifest: 'application/manifest+json',
}
const LARGEST = 1024 * 1024

/** Nothing but the page's own files runs or is shown, no other site frames it, and none is asked for anything. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const SAFE_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  // Browsers from before `frame-ancestors`.
  'x-frame-options': 'DENY',
  // Nobody else learns of it. With `no-referrer` browsers before `Sec-Fetch-Site` call their own page's origin "null", and the
  // guard refuses them.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** Where `npm run pages` builds it; in a package the folder lies beside the program as it does here beside `agent.ts`. */
export const builtPage = (here: string): string => fileURLToPath(new URL('./page/dist/', here))

/**
 * The page's files, open to everybody: they hold nothing of the shop. A name that is not in the folder is not asked of the
 * disk. Assets carry a digest in their names, so that browsers keep them; the page itself is asked for each time.
 */
export function fileRoutes(folder: string): Route[] {
  const files = new Map<string, Promise<Packed>>()
  const file = (path: string): Promise<Packed> => {
    const known = files.get(path)
    if (known) return known
    const reading = read(folder, path)
    files.set(path, reading)
    // Another try may find it: a build replaces the folder.
    reading.catch(() => files.delete(path))
    return reading
  }
  const answer = async (path: string, encodings: string | string[] | undefined): Promise<Reply> => {
    const { type, plain, gzipped } = await file(path)
    const packed = /\bgzip\b/.test(String(encodings)) ? gzipped : undefined
    const isAsset = path.startsWith('assets/')
    return {
      bytes: packed ?? plain,
      headers: {
        ...SAFE_HEADERS,
        'content-type': type,
        'cache-control': isAsset ? 'public, max-age=31536000, immutable' : 'no-cache',
        vary: 'accept-encoding',
        ...(packed && { 'content-encoding': 'gzip' }),
      },
    }
  }
  return [
    {
      method: 'GET',
      path: '/',
      open: true,
      handle: ({ headers }) => answer('index.html', headers['accept-encoding']),
    },
    {
      method: 'GET',
      path: '/assets/{file}',
      open: true,
      handle: async ({ params: { file = '' }, headers }) => {
        const known = await listDirectory(join(folder, 'assets'))
        if (!known.includes(file)) throw missing()
        return answer(`assets/${file}`, headers['accept-encoding'])
      },
    },
  ]
}

interface Packed {
  readonly type: string
  readonly plain: Buffer
  /** The build compresses assets. */
  readonly gzipped: Buffer | undefined
}

async function read(folder: string, path: string): Promise<Packed> {
  const type = TYPES[path.split('.').at(-1)!]
  const plain = type === undefined ? undefined : await readWhole(join(folder, path), LARGEST)
  if (type === undefined || plain === undefined) throw missing()
  return { type, plain, gzipped: await readWhole(join(folder, `${path}.gz`), LARGEST) }
}

const missing = () =>
  new HttpError(404, {
    code: 'not-found',
    message: 'this is no file of the page; from sources, "npm run pages" builds it',
  })
