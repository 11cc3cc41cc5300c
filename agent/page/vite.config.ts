import { join } from 'node:path'
import { defineConfig } from 'vite'

/**
 * Tablets that shops have had for years: Android 9 as it came (2018), iPads that stay on iOS 12. What their browsers lack
 * beside syntax is taken away in a test of the page.
 */
const OLDEST = ['es2019', 'chrome69', 'firefox67', 'ios12.2', 'safari12.1']

export default defineConfig({
  root: join(import.meta.dirname, 'app'),
  // The device serves its API beside it.
  base: '/',
  // In development, in front of an agent that is up, which compares the origin with the host that was asked.
  server: { proxy: { '/v1': { target: process.env.STORECAST_AGENT ?? 'http://127.0.0.1:8480' } } },
  build: {
    outDir: join(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    target: OLDEST,
    cssTarget: OLDEST.slice(1),
    // Everything comes from files of this device: the policy allows no data: images or inline scripts.
    assetsInlineLimit: 0,
    modulePreload: false,
    manifest: true,
    reportCompressedSize: false,
  },
})
