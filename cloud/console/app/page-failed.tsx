import { useEffect, useState } from 'react'
import { Failed, Loading } from '../kit/states.tsx'
import { PageNotLoadedError } from './lazy-page.ts'
import { isOutdated, reloadIfOutdated } from './outdated.ts'

/**
 * A page that cannot be shown. Where the cloud was upgraded under the tab, the tab begins anew at the same address; nothing is lost
 * by it, for the page that one came from is left already.
 */
export function PageFailed({ error, reset }: { error: Error; reset: () => void }) {
  const [stays, setStays] = useState(false)
  useEffect(() => {
    let isShown = true
    void reloadIfOutdated().then((isGoing) => isShown && setStays(!isGoing))
    return () => {
      isShown = false
    }
  }, [])
  if (!stays) return <Loading what="the page" />
  // What did not come once is asked for by a new page alone, and a cloud that is away has none.
  const again = () =>
    void isOutdated().then(
      () => location.reload(),
      () => undefined,
    )
  return <Failed error={error} retry={error instanceof PageNotLoadedError ? again : reset} />
}
