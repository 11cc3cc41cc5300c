import { useCallback, useEffect, useState } from 'preact/hooks'
import { ask, Unreachable } from './ask.ts'
import { Translated, useWords } from './i18n.tsx'
import { NoPin, SignIn } from './pages/sign-in.tsx'
import { Shop } from './shop.tsx'
import type { PageInfo } from './wire.ts'

const RETRY_MS = 2_000

export function App() {
  const [info, setInfo] = useState<PageInfo>()
  const [isOver, setOver] = useState(false)
  const look = useCallback(async () => {
    try {
      setInfo(await ask<PageInfo>('/v1/page'))
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      setTimeout(() => void look(), RETRY_MS)
    }
  }, [])
  useEffect(() => {
    void look()
  }, [])
  const signedOut = useCallback(
    (isOver: boolean) => {
      setOver(isOver)
      return look()
    },
    [look],
  )
  return (
    <Translated site={info?.language ?? null}>
      {info === undefined ? (
        <Loading />
      ) : !info.isPinSet ? (
        <NoPin info={info} onAgain={look} />
      ) : info.signedInUntil === null ? (
        <SignIn info={info} isOver={isOver} onSignedIn={look} />
      ) : (
        <Shop info={info} onSignedOut={signedOut} />
      )}
    </Translated>
  )
}

function Loading() {
  const { t } = useWords()
  return (
    <p class="loading" role="status">
      {t('loading')}
    </p>
  )
}
