import { Component, type ComponentChildren } from 'preact'
import { useWords } from '../i18n.tsx'

/** What goes wrong while drawing a part does not take the rest of the page with it. */
export class Guarded extends Component<{ children: ComponentChildren }, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static override getDerivedStateFromError() {
    return { hasFailed: true }
  }

  override componentDidCatch(error: unknown) {
    console.error(error)
  }

  override render() {
    return this.state.hasFailed ? <Broken /> : this.props.children
  }
}

function Broken() {
  const { t } = useWords()
  return (
    <div class="card" role="alert">
      <p>{t('broken')}</p>
      <button type="button" class="main" onClick={() => location.reload()}>
        {t('reload')}
      </button>
    </div>
  )
}
