/** The answer's own, without which its policy lets no style element in. */
export const styleNonce = (): string => document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''

/** Where the kit's dialogs look for it, which hold the page still below them by a style element of their own (get-nonce). */
export const tellNonce = (): void => {
  Object.assign(globalThis, { __webpack_nonce__: styleNonce() })
}
