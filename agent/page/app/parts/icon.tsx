/** Drawn with a line of 2 in a square of 24. */
const SHAPES = {
  today: 'M4 18 9 11 13 15 20 6M4 21H20',
  sensors: 'M12 14V4M12 14A3.500 3.500 0 1 0 12.100 14M8 6H6M8 10H6',
  device: 'M5 5H19V15H5ZM9 20H15M12 15V20',
  'link-on': 'M5 12 10 17 19 7',
  'link-off': 'M4 4 20 20M6 10A9 9 0 0 1 9 8M13 7.500A9 9 0 0 1 18 10M9 13.500A5 5 0 0 1 15 13.500M12 18V18.100',
  'link-alone': 'M4 11 12 4 20 11V20H4ZM10 20V14H14V20',
  'link-lost': 'M12 4 21 20H3ZM12 10V14M12 17V17.100',
  problem: 'M12 4 21 20H3ZM12 10V14M12 17V17.100',
  warning: 'M12 3A9 9 0 1 0 12.100 3M12 8V13M12 16.500V16.600',
  note: 'M12 3A9 9 0 1 0 12.100 3M12 11V16.500M12 7.500V7.600',
  ok: 'M12 3A9 9 0 1 0 12.100 3M8 12 11 15 16 9.500',
  silent: 'M12 3A9 9 0 1 0 12.100 3M8 12H16',
  back: 'M14 6 8 12 14 18',
} as const

export type IconName = keyof typeof SHAPES

/** Beside words that say the same: nothing for screen readers. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
      <path
        d={SHAPES[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}
