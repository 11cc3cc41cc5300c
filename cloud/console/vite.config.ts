import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The cloud puts each answer's nonce in its place. */
const NONCE = '__NONCE__'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  html: { cspNonce: NONCE },
  // In development, in front of a cloud that is up.
  server: { proxy: { '/v1': { target: process.env.STORECAST_URL ?? 'http://127.0.0.1:8080' } } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // The oldest that know light-dark(): made older, it would no longer follow the scheme that a person has chosen.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Everything comes from files of this origin: the policy allows no data: scripts or fonts.
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
    // What the first look may cost is held by scripts/lib/pages.ts.
    chunkSizeWarningLimit: 2_000,
  },
})
