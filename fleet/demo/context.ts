import type { ModelDefinition } from '@storecast/shared/contracts'
import type { Constellation } from '../constellation/index.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { Crew } from './crew.ts'
import type { Scene } from './scenes.ts'

export interface StoryContext {
  readonly scene: Scene
  readonly constellation: Constellation
  readonly crew: Crew
  readonly definition: ModelDefinition
  readonly terminal: Terminal
  readonly signal: AbortSignal
}
