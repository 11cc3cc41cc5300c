import { useWords } from '../i18n.tsx'
import { AttentionList } from '../parts/attention-list.tsx'
import { Orders } from '../parts/orders.tsx'
import { ProductList } from '../parts/product-list.tsx'
import type { ShopView } from '../view.ts'

export function TodayPage({ view }: { view: ShopView }) {
  const { t } = useWords()
  const { now, times } = view
  return (
    <>
      <h1 tabIndex={-1}>
        {t('nav.today')} <small>{times.day(now)}</small>
      </h1>
      <AttentionList view={view} />
      <Orders view={view} />
      <ProductList view={view} />
    </>
  )
}
