import { createHash } from 'node:crypto'

// The code is in the fragment, which a browser sends to nobody; a link preview therefore cannot use it up.
const SCRIPT = `
document.querySelector('button').onclick = async () => {
  const code = location.hash.slice(1)
  const answer = await fetch('/v1/admin-tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  })
  const body = await answer.json()
  document.querySelector('output').textContent = answer.ok ? body.token : body.detail
  history.replaceState(null, '', '/claim')
}
`

export const CLAIM_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Storecast: first operator</title>
<h1>First operator</h1>
<p>This link works once. The token it gives is shown here and nowhere else: keep it in a password store.</p>
<button>Show my token</button>
<p><output></output></p>
<script>${SCRIPT}</script>
</html>
`

export const CLAIM_POLICY = `default-src 'none'; connect-src 'self'; script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`
