/**
 * Why bytes are not a usable model bundle. None of these is worth a retry with the same bytes.
 *
 * - `too-large`: over a size cap, before anything was parsed.
 * - `not-a-bundle`: not a tar archive, or an archive with entries a bundle does not have.
 * - `missing-file`: `manifest.json`, `golden.json`, `model.onnx`, or a file that the manifest lists.
 * - `digest-mismatch`: a file differs from the digest in the manifest, or the manifest does not list it.
 * - `invalid-document`: a JSON file that does not parse or does not follow its schema.
 */
export type BundleErrorCode = 'too-large' | 'not-a-bundle' | 'missing-file' | 'digest-mismatch' | 'invalid-document'

export class BundleError extends Error {
  override readonly name = 'BundleError'
  readonly code: BundleErrorCode

  constructor(code: BundleErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
