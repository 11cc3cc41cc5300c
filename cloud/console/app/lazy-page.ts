import { type AsyncRouteComponent, lazyRouteComponent } from '@tanstack/react-router'
import type { ComponentType } from 'react'

/** A page's script did not come: the cloud does not answer, or has a newer console by now, in which it has another name. */
export class PageNotLoadedError extends Error {
  override readonly name = 'PageNotLoadedError'
}

/**
 * A page whose script is loaded when somebody goes there, or is about to.
 * @throws PageNotLoadedError where it is shown: the router itself would reload at once, into nothing while the cloud is away
 */
export const lazyPage = <Name extends string>(
  load: () => Promise<Readonly<Record<Name, ComponentType>>>,
  name: Name,
): AsyncRouteComponent<object> =>
  lazyRouteComponent(
    () =>
      load().catch((cause: unknown) => {
        throw new PageNotLoadedError('This page could not be loaded. Try again once the cloud answers.', { cause })
      }),
    name,
  )
