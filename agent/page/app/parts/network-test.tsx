import { useState } from 'preact/hooks'
import { ask } from '../ask.ts'
import { type Message, useWords } from '../i18n.tsx'
import type { Finding, PageInfo } from '../wire.ts'
import { Icon, type IconName } from './icon.tsx'

const CHECKS = ['network', 'clock', 'identity', 'broker', 'trust'] as const
const SIGNS: Readonly<Record<Finding['level'], IconName>> = { ok: 'ok', warning: 'warning', failure: 'problem' }

type Outcome = { readonly findings: readonly Finding[]; readonly tabletMs: number } | 'failed'

/** Every step from this tablet to the head office, in plain words; the doctor's own are one tap away. */
export function NetworkTest() {
  const { t } = useWords()
  const [outcome, setOutcome] = useState<Outcome>()
  const [isBusy, setBusy] = useState(false)
  const run = async () => {
    setBusy(true)
    try {
      const began = performance.now()
      await ask<PageInfo>('/v1/page')
      const tabletMs = Math.round(performance.now() - began)
      const { findings } = await ask<{ findings: readonly Finding[] }>('/v1/network-test', { method: 'POST' })
      setOutcome({ findings, tabletMs })
    } catch {
      setOutcome('failed')
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <p>{t('device.test.text')}</p>
      <button type="button" class="main" disabled={isBusy} onClick={() => void run()}>
        {isBusy ? t('device.test.busy') : t(outcome === undefined ? 'device.test.run' : 'device.test.again')}
      </button>
      <div role="status">
        {outcome === 'failed' && <p class="trouble">{t('device.test.failed')}</p>}
        {outcome !== undefined && outcome !== 'failed' && <Findings {...outcome} />}
      </div>
    </>
  )
}

function Findings({ findings, tabletMs }: Exclude<Outcome, 'failed'>) {
  const { t } = useWords()
  const isBad = findings.some(({ level }) => level === 'failure')
  return (
    <>
      <p class="lead">{t(isBad ? 'device.test.bad' : 'device.test.good')}</p>
      <ol class="findings">
        <li class="ok">
          <Icon name="ok" />
          <div>
            <p>
              <strong>{t('level.ok')}</strong> · {t('device.test.tablet', { n: tabletMs })}
            </p>
          </div>
        </li>
        {findings.map((finding) => (
          <li key={finding.check} class={SIGNS[finding.level]}>
            <Icon name={SIGNS[finding.level]} />
            <div>
              <p>
                <strong>{t(`level.${finding.level}`)}</strong> · <FindingWords finding={finding} />
              </p>
            </div>
          </li>
        ))}
      </ol>
      <details>
        <summary>{t('device.test.details')}</summary>
        {findings.map(({ check, found, advice }) => (
          <p key={check} class="technical" lang="en">
            {check}: {found}
            {advice !== undefined && ` → ${advice}`}
          </p>
        ))}
      </details>
    </>
  )
}

/** A check that this page does not know yet is told in the doctor's words. */
function FindingWords({ finding: { check, level, found } }: { finding: Finding }) {
  const { t } = useWords()
  const known = CHECKS.find((one) => one === check)
  if (known === undefined) return <span lang="en">{found}</span>
  const message: Message = `test.${known}.${level}`
  return <span>{t(message)}</span>
}
