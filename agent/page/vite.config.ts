import { join } from 'node:path'
import { defineConfig } from 'vite'

export default defineConfig({
  root: join(import.meta.dirname, 'app'),
  // The device serves its API beside it.
  base: '/',
  build: {
    outDir: join(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    // Tablets that shops have had for years.
    target: ['es2019', 'safari13'],
    cssTarget: 'safari13',
    // Everything comes from files of this device: the policy allows no data: images or inline scripts.
    assetsInlineLimit: 0,
    modulePreload: false,
    manifest: true,
    reportCompressedSize: false,
  },
})
