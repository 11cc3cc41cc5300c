import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { ask } from './ask.ts'
import { Feed, type Seen } from './feed.ts'
import { useWords } from './i18n.tsx'
import { DevicePage } from './pages/device.tsx'
import { ProductPage } from './pages/product.tsx'
import { SensorsPage } from './pages/sensors.tsx'
import { TodayPage } from './pages/today.tsx'
import { Guarded } from './parts/guarded.tsx'
import { Icon } from './parts/icon.tsx'
import { addressOf, usePlace } from './place.ts'
import { useTimes } from './times.ts'
import type { ShopView } from './view.ts'
import type { PageInfo } from './wire.ts'

interface ShopProps {
  readonly info: PageInfo
  /** @param isOver it ended by itself */
  readonly onSignedOut: (isOver: boolean) => Promise<void>
}

const PAGES = ['today', 'sensors', 'device'] as const

/** All that somebody sees who has signed in. */
export function Shop({ info, onSignedOut }: ShopProps) {
  const { t } = useWords()
  const isLeaving = useRef(false)
  // A look that is under way while one signs out is refused, too.
  const { feed, seen } = useFeed(() => void (isLeaving.current || onSignedOut(true)))
  const place = usePlace()
  const { status } = seen
  const now = status === undefined ? Date.now() : Date.parse(status.now)
  const times = useTimes({ timeZone: status?.timeZone ?? 'UTC', now })
  const signOut = async () => {
    isLeaving.current = true
    feed.stop()
    await feed.settle()
    try {
      await ask('/v1/page/session', { method: 'DELETE' })
    } catch {
      // The session is still open: the page goes on, and tells whether the device answers.
      isLeaving.current = false
      feed.start()
      return
    }
    await onSignedOut(false)
  }
  const view: ShopView | undefined = status && { seen, status, times, now, feed }
  return (
    <div class="shop">
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        {t('skip')}
      </button>
      <header>
        <div class="brand">
          <img src="/assets/icon.svg" alt="" width="32" height="32" />
          <span class="name">{info.site ?? info.device}</span>
        </div>
        <nav aria-label={t('nav.label')}>
          {PAGES.map((page) => {
            const isHere = place.page === page || (page === 'today' && place.page === 'product')
            return (
              <a key={page} href={addressOf({ page })} aria-current={isHere ? 'page' : undefined}>
                <Icon name={page} />
                <span>{t(`nav.${page}`)}</span>
              </a>
            )
          })}
        </nav>
        <LinkState seen={seen} />
      </header>
      <Lost seen={seen} />
      <main id="main" tabIndex={-1}>
        <Guarded key={JSON.stringify(place)}>
          {view === undefined ? (
            <p class="loading" role="status">
              {t('loading')}
            </p>
          ) : place.page === 'today' ? (
            <TodayPage view={view} />
          ) : place.page === 'product' ? (
            <ProductPage view={view} model={place.model} entity={place.entity} />
          ) : place.page === 'sensors' ? (
            <SensorsPage view={view} />
          ) : (
            <DevicePage view={view} onSignOut={signOut} />
          )}
        </Guarded>
      </main>
    </div>
  )
}

function LinkState({ seen: { status, isLost } }: { seen: Seen }) {
  const { t } = useWords()
  if (status === undefined) return null
  const { configured, connected } = status.link
  const state = isLost ? 'lost' : !configured ? 'alone' : connected ? 'on' : 'off'
  return (
    <p class={`link ${state}`}>
      <Icon name={`link-${state}`} />
      <span>{t(`link.${state}`)}</span>
    </p>
  )
}

/** What was seen last stays on the screen; that it is old must not be overlooked. */
function Lost({ seen: { isLost, heardAt } }: { seen: Seen }) {
  const { t, locale } = useWords()
  const time = heardAt === undefined ? undefined : new Date(heardAt).toLocaleTimeString(locale)
  return (
    <div role="alert">
      {isLost && (
        <div class="lost-note">
          <Icon name="link-lost" />
          <div>
            <strong>{t('lost.title')}</strong>
            {time !== undefined && <p>{t('lost.text', { time })}</p>}
            <p>{t('lost.help')}</p>
          </div>
        </div>
      )}
    </div>
  )
}

/** Looks only while somebody does. */
function useFeed(onSignedOut: () => void): { feed: Feed; seen: Seen } {
  const feed = useMemo(() => new Feed({ ask, now: Date.now, onSignedOut, onOtherVersion: () => location.reload() }), [])
  const [seen, setSeen] = useState(feed.seen)
  useEffect(() => {
    const end = feed.onChange(() => setSeen(feed.seen))
    const look = () => (document.visibilityState === 'hidden' ? feed.stop() : feed.start())
    // Old Safari is not hidden when it leaves a page.
    const leave = () => feed.stop()
    document.addEventListener('visibilitychange', look)
    addEventListener('pagehide', leave)
    addEventListener('pageshow', look)
    look()
    return () => {
      end()
      feed.stop()
      document.removeEventListener('visibilitychange', look)
      removeEventListener('pagehide', leave)
      removeEventListener('pageshow', look)
    }
  }, [feed])
  return { feed, seen }
}
