import { remember, remembered } from './i18n.tsx'

export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const CHOSEN = 'storecast-theme'

export const chosenTheme = (): Theme => THEMES.find((theme) => theme === remembered(CHOSEN)) ?? 'auto'

/** `auto` follows the tablet. */
export function showTheme(theme: Theme): void {
  const { documentElement } = document
  if (theme === 'auto') documentElement.removeAttribute('data-theme')
  else documentElement.setAttribute('data-theme', theme)
}

export function chooseTheme(theme: Theme): void {
  remember(CHOSEN, theme)
  showTheme(theme)
}
