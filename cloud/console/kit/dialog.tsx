import { Modal } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly size?: 'lg'
  readonly children: ReactNode
}

/** A window over the page, there as long as it is drawn: closed by Escape, and the focus goes back to where it was. */
export function Dialog({ title, onClose, size, children }: DialogProps) {
  useFocusBack()
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      centered
      {...(size && { size })}
      returnFocus={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {children}
    </Modal>
  )
}

/** Gives the focus back to what had it; to the page, where that is gone with what was done in the window. */
function useFocusBack(): void {
  const [before] = useState(opener)
  useEffect(
    () => () => {
      const back = before?.isConnected ? before : document.getElementById('main')
      back?.focus({ preventScroll: true })
    },
    [before],
  )
}

/** What the window was opened by: of a menu's item, which goes with its menu, the button of the menu. */
function opener(): HTMLElement | null {
  const { activeElement } = document
  const menu = activeElement?.closest('[role=menu]')
  const button = menu && document.getElementById(menu.getAttribute('aria-labelledby') ?? '')
  return button ?? (activeElement instanceof HTMLElement && activeElement !== document.body ? activeElement : null)
}
