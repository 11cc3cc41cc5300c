import { join } from 'node:path'
import { defineConfig } from 'vite'

export default defineConfig({
  root: join(import.meta.dirname, 'app'),
  // The device serves its API beside it.
  base: '/',
  // In development, in front of an agent that is up, which compares the origin with the host that was asked.
  server: { proxy: { '/v1': { target: process.env.STORECAST_AGENT ?? 'http://127.0.0.1:8480' } } },
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
