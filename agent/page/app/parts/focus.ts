import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'

/** A card that goes with the focus hands it to its heading: it is not to fall to the top of the page. */
export function useKeptFocus() {
  const ref = useRef<HTMLLIElement>(null)
  useLayoutEffect(() => {
    const card = ref.current
    return () => {
      if (card?.contains(document.activeElement)) document.getElementById('orders')?.focus()
    }
  }, [])
  return ref
}

/** The first field of what has just been opened has the focus. */
export function useFocus<T extends HTMLElement>() {
  const ref = useRef<T>(null)
  const id = useMemo(() => Math.random().toString(36).slice(2), [])
  useEffect(() => ref.current?.focus(), [])
  return { ref, id }
}
