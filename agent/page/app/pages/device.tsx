import type { ComponentChildren } from 'preact'
import { useWords } from '../i18n.tsx'
import { LanguageChoice, ThemeChoice } from '../parts/choices.tsx'
import { Icon } from '../parts/icon.tsx'
import { ModelWords } from '../parts/model-words.tsx'
import { NetworkTest } from '../parts/network-test.tsx'
import type { ShopView } from '../view.ts'

const MB = 1024 * 1024

export function DevicePage({ view, onSignOut }: { view: ShopView; onSignOut: () => Promise<void> }) {
  const { t } = useWords()
  return (
    <>
      <h1 tabIndex={-1}>{t('device.heading')}</h1>
      <div class="columns">
        <Connection view={view} />
        <Card heading={t('device.model')}>
          <ModelWords view={view} />
        </Card>
        <Card heading={t('device.test')}>
          <NetworkTest />
        </Card>
        <Card heading={t('device.bundle')}>
          <p>{t('device.bundle.text')}</p>
          <a class="button" href="/v1/support-bundle" download>
            {t('device.bundle.get')}
          </a>
        </Card>
        <About view={view} />
        <Card heading={t('device.page')}>
          <LanguageChoice />
          <ThemeChoice />
          <button type="button" onClick={() => void onSignOut()}>
            {t('sign-out')}
          </button>
        </Card>
      </div>
    </>
  )
}

function Card({ heading, children }: { heading: string; children: ComponentChildren }) {
  return (
    <section class="card">
      <h2>{heading}</h2>
      {children}
    </section>
  )
}

function Connection({ view: { status, times } }: { view: ShopView }) {
  const { t } = useWords()
  const { configured, connected } = status.link
  const { records: n, oldest } = status.backlog
  const state = !configured ? 'alone' : connected ? 'on' : 'off'
  return (
    <Card heading={t('device.connection')}>
      <p class={`state-line ${state}`}>
        <Icon name={`link-${state}`} />
        <span>{t(`device.connection.${state}`)}</span>
      </p>
      {configured && (
        <dl>
          <dt>{t('device.backlog')}</dt>
          <dd>
            {n === 0 || oldest === null
              ? t('device.backlog.none')
              : t('device.backlog.some', { n, time: times.moment(Date.parse(oldest)) })}
          </dd>
        </dl>
      )}
    </Card>
  )
}

function About({ view: { status, times, now } }: { view: ShopView }) {
  const { t, number } = useWords()
  const { device, site, agentVersion, startedAt, timeZone, space, certificateExpires: ends } = status
  const rows: readonly (readonly [string, string | undefined])[] = [
    [t('device.site'), site ?? undefined],
    [t('device.name'), device],
    [t('device.version'), `Storecast ${agentVersion}`],
    [t('device.started'), times.moment(Date.parse(startedAt))],
    [t('device.clock'), `${times.day(now)}, ${times.clock(now)}`],
    [t('device.zone'), timeZone],
    [
      t('device.space'),
      t('device.space.of', {
        used: number(space.databaseBytes / MB, { maximumFractionDigits: 0 }),
        cap: number(space.capBytes / MB, { maximumFractionDigits: 0 }),
      }),
    ],
    [t('device.certificate'), ends === null ? undefined : times.date(Date.parse(ends))],
  ]
  return (
    <Card heading={t('device.about')}>
      <dl>
        {rows.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </Card>
  )
}
