import { render } from 'preact'
import { App } from './app.tsx'
import './style.css'
import { chosenTheme, showTheme } from './theme.ts'

showTheme(chosenTheme())
render(<App />, document.getElementById('page')!)
