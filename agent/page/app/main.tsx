import { options, render } from 'preact'
import { App } from './app.tsx'
import './style.css'
import { chosenTheme, showTheme } from './theme.ts'

// Preact's own way is `queueMicrotask`, which the oldest browsers lack.
options.debounceRendering = (work) => void Promise.resolve().then(work)
showTheme(chosenTheme())
const page = document.getElementById('page')!
page.textContent = ''
render(<App />, page)
