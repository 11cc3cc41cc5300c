/**
 * Features cannot be made yet.
 *
 * - `no-catalogue`: the site's document has not come; wait for it.
 * - `no-channels`: a `sequence` view that names no sensors of this site; correct the definition.
 */
export class FeaturesNotReady extends Error {
  override readonly name = 'FeaturesNotReady'
  readonly code: 'no-catalogue' | 'no-channels'

  constructor(code: FeaturesNotReady['code'], message: string) {
    super(message)
    this.code = code
  }
}
