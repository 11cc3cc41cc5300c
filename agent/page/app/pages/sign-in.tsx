import { useEffect, useRef, useState } from 'preact/hooks'
import { ask, Refused } from '../ask.ts'
import { useWords } from '../i18n.tsx'
import { LanguageChoice } from '../parts/choices.tsx'
import type { PageInfo } from '../wire.ts'

interface SignInProps {
  readonly info: PageInfo
  /** A session has just ended by itself. */
  readonly isOver: boolean
  readonly onSignedIn: () => Promise<void>
}

const SHOWN = { type: 'text' } as const
const HIDDEN = { type: 'password' } as const

type Trouble =
  | { readonly kind: 'wrong' | 'unreachable' }
  /** `asked`: what the device said, before it was counted down. */
  | { readonly kind: 'wait'; readonly seconds: number; readonly asked: number }

export function SignIn({ info, isOver, onSignedIn }: SignInProps) {
  const { t } = useWords()
  const [pin, setPin] = useState('')
  const [isShown, setShown] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<Trouble>()
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (trouble?.kind !== 'wait') return undefined
    const timer = setTimeout(() => {
      setTrouble(trouble.seconds > 1 ? { ...trouble, seconds: trouble.seconds - 1 } : undefined)
    }, 1000)
    return () => clearTimeout(timer)
  }, [trouble])

  const submit = async (event: Event) => {
    event.preventDefault()
    if (isBusy || pin === '' || trouble?.kind === 'wait') return
    setBusy(true)
    setTrouble(undefined)
    try {
      await ask('/v1/page/session', { method: 'POST', body: { pin } })
      await onSignedIn()
      // The field goes with its form: readers and the keyboard go on with what has opened.
      requestAnimationFrame(() => document.getElementById('main')?.focus())
    } catch (error) {
      // Who has begun to type another goes on.
      setPin((typed) => (typed === pin ? '' : typed))
      setTrouble(troubleOf(error))
      field.current?.focus()
    } finally {
      setBusy(false)
    }
  }
  const waits = trouble?.kind === 'wait'
  return (
    <main class="gate">
      <h1 tabIndex={-1}>{t('pin.title')}</h1>
      <p class="where">{info.site ?? info.device}</p>
      {isOver && trouble === undefined && <p class="hint">{t('pin.over')}</p>}
      <form onSubmit={submit}>
        <label for="pin">{t('pin.label')}</label>
        <input
          id="pin"
          ref={field}
          {...(isShown ? SHOWN : HIDDEN)}
          inputMode="numeric"
          autocomplete="off"
          maxLength={12}
          value={pin}
          aria-describedby="pin-trouble"
          aria-invalid={trouble?.kind === 'wrong'}
          onInput={({ currentTarget }) => setPin(currentTarget.value.replace(/\D/g, ''))}
        />
        <label class="check">
          <input type="checkbox" checked={isShown} onChange={({ currentTarget }) => setShown(currentTarget.checked)} />
          {t('pin.show')}
        </label>
        <p id="pin-trouble" class="trouble" role="alert">
          {trouble?.kind === 'wrong' && t('pin.wrong')}
          {trouble?.kind === 'unreachable' && t('pin.unreachable')}
          {/* Seen at every second, and said once. */}
          {waits && <span aria-hidden="true">{t('pin.wait', { n: trouble.seconds })}</span>}
          {waits && <span class="said">{t('pin.wait', { n: trouble.asked })}</span>}
        </p>
        <button type="submit" class="main wide" disabled={isBusy || waits || pin === ''}>
          {isBusy ? t('pin.busy') : t('pin.submit')}
        </button>
      </form>
      <LanguageChoice />
    </main>
  )
}

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Refused)) return { kind: 'unreachable' }
  if (error.retryAfter !== undefined) return { kind: 'wait', seconds: error.retryAfter, asked: error.retryAfter }
  return { kind: error.status === 401 ? 'wrong' : 'unreachable' }
}

const AGAIN_MS = 5_000

/** Closed until somebody who may run commands on the device has set a PIN there. */
export function NoPin({ info, onAgain }: { info: PageInfo; onAgain: () => Promise<void> }) {
  const { t } = useWords()
  useEffect(() => {
    const timer = setInterval(() => void onAgain(), AGAIN_MS)
    return () => clearInterval(timer)
  }, [onAgain])
  return (
    <main class="gate">
      <h1 tabIndex={-1}>{t('pin.none.title')}</h1>
      <p class="where">{info.site ?? info.device}</p>
      <p>{t('pin.none.text')}</p>
      <p>{t('pin.none.how')}</p>
      <pre>storecast-agent pin --config agent.yaml</pre>
      <LanguageChoice />
    </main>
  )
}
