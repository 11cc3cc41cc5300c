import { useEffect, useState } from 'preact/hooks'

/** Where somebody is on the page: the part of its address behind `#`, so that a reload stays there. */
export type Place =
  | { readonly page: 'today' }
  | { readonly page: 'product'; readonly model: string; readonly entity: string }
  | { readonly page: 'sensors' }
  | { readonly page: 'device' }

export function placeOf(hash: string): Place {
  const [page, model, entity] = hash.replace(/^#\/?/, '').split('/').map(decoded)
  if (page === 'sensors' || page === 'device') return { page }
  if (page === 'product' && model && entity) return { page, model, entity }
  return { page: 'today' }
}

export function addressOf(place: Place): string {
  if (place.page === 'today') return '#/'
  if (place.page !== 'product') return `#/${place.page}`
  return `#/product/${encodeURIComponent(place.model)}/${encodeURIComponent(place.entity)}`
}

/** Tells screen readers and the keyboard where it went: the new heading has the focus. */
export function usePlace(): Place {
  const [place, setPlace] = useState(() => placeOf(location.hash))
  useEffect(() => {
    const moved = () => {
      setPlace(placeOf(location.hash))
      window.scrollTo(0, 0)
      requestAnimationFrame(() => document.querySelector('h1')?.focus())
    }
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  return place
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A broken escape names nothing.
    return ''
  }
}
