import { useState } from 'preact/hooks'
import { useWords } from '../i18n.tsx'
import { chooseTheme, chosenTheme, THEMES, type Theme } from '../theme.ts'

export function LanguageChoice() {
  const { t, language, languages, choose } = useWords()
  return (
    <label class="field">
      {t('device.language')}
      <select value={language} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {languages.map(({ id, name }) => (
          <option key={id} value={id} lang={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

export function ThemeChoice() {
  const { t } = useWords()
  const [chosen, setChosen] = useState(chosenTheme)
  const choose = (theme: Theme) => {
    chooseTheme(theme)
    setChosen(theme)
  }
  return (
    <label class="field">
      {t('device.theme')}
      <select value={chosen} onChange={({ currentTarget }) => choose(currentTarget.value as Theme)}>
        {THEMES.map((theme) => (
          <option key={theme} value={theme}>
            {t(`device.theme.${theme}`)}
          </option>
        ))}
      </select>
    </label>
  )
}
