import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface TestProvider extends AsyncDisposable {
  readonly issuer: string
}

export const CLIENT_SECRET = 'a secret of the tests'

/** `oidc-provider` in a process of its own on loopback. @param people claims by the name that is typed there */
export async function startProvider(options: { people: object; callback: string }): Promise<TestProvider> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('provider-process.js', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    env: { ...process.env, PEOPLE: JSON.stringify(options.people), CALLBACK: options.callback, CLIENT_SECRET },
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const lines = createInterface(child.stdout!)
  const issuer = await Promise.race([
    new Promise<string>((resolve) => lines.on('line', (line) => line.startsWith('http://') && resolve(line))),
    ended.then(() => Promise.reject(new Error('the provider ended before it listened'))),
  ])
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      child.kill()
      await ended
    },
  }
}

/** A person's browser: follows redirects, keeps cookies, and sends the forms that the provider's pages hold. */
export function browser() {
  const cookies = new Map<string, string>()
  const visit = async (at: string, form?: Record<string, string>): Promise<{ url: string; html: string }> => {
    const response = await fetch(at, {
      redirect: 'manual',
      headers: {
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form && { method: 'POST', body: new URLSearchParams(form).toString() }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!
      if (value === '') cookies.delete(name!)
      else cookies.set(name!, value!)
    }
    const next = response.headers.get('location')
    if (next !== null && new URL(next, at).pathname !== '/') return visit(new URL(next, at).href)
    return { url: at, html: await response.text() }
  }
  const send = ({ url, html }: { url: string; html: string }, typed: Record<string, string>) => {
    const action = /<form[^>]*action="([^"]*)"/.exec(html)?.[1] ?? url
    const hidden = [...html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
      /name="([^"]*)"/.exec(input)?.[1] ?? '',
      /value="([^"]*)"/.exec(input)?.[1] ?? '',
    ])
    return visit(new URL(action.replaceAll('&amp;', '&'), url).href, { ...Object.fromEntries(hidden), ...typed })
  }
  return {
    cookies,
    visit,
    /** Does on the provider's pages what a person would, until there is no form any more. @returns the last page's text */
    async logIn(at: string, name: string): Promise<string> {
      let page = await visit(at)
      for (let pages = 0; page.html.includes('<form') && pages < 8; pages++) {
        page = await send(page, page.html.includes('name="login"') ? { login: name, password: 'any' } : {})
      }
      return page.html
    },
  }
}
