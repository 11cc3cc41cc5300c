import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cloudConfig, loadConfig } from './config.ts'
import { temporaryFolder } from './test/database.ts'

describe('loadConfig', () => {
  it('has a default for everything, on loopback', async () => {
    expect(await loadConfig({})).toMatchObject({
      http: { host: '127.0.0.1', port: 8080 },
      mqtt: { host: '127.0.0.1', port: 1883 },
      secrets: {},
      trust: { mode: 'development' },
    })
  })

  it('reads a file, the environment over it, and secrets from files', async () => {
    await using folder = await temporaryFolder()
    const path = (name: string) => join(folder.path, name)
    await writeFile(path('cloud.yaml'), 'data: there\nhttp: { port: 9000, publicUrl: "https://cloud.example" }\n')
    await writeFile(path('token'), 'secret-token\n')
    const config = await loadConfig({
      STORECAST_CONFIG: path('cloud.yaml'),
      STORECAST_HTTP_PORT: '9001',
      STORECAST_TRUST: 'production',
      STORECAST_TRUST_ROOT: '/etc/storecast/1.root.json',
      STORECAST_ADMIN_TOKEN_FILE: path('token'),
      DATABASE_URL: 'postgresql://u:p@db/storecast',
      STORECAST_SECRET_SLACK_URL: 'https://hooks.example/1',
      STORECAST_SECRET_PAGER_KEY_FILE: path('token'),
    })
    expect(config.http).toEqual({ host: '127.0.0.1', port: 9001, publicUrl: 'https://cloud.example' })
    expect(config.secrets).toEqual({
      adminToken: 'secret-token',
      databaseUrl: 'postgresql://u:p@db/storecast',
      named: { 'slack-url': 'https://hooks.example/1', 'pager-key': 'secret-token' },
    })
    expect(config.trust).toEqual({ mode: 'production', root: '/etc/storecast/1.root.json' })
    expect(config.data).toMatch(/\/there$/)
  })

  it.each([
    [{ STORECAST_HTTP_PORT: 'eighty' }, 'config-invalid', 'port'],
    [{ STORECAST_PUBLIC_URL: 'ftp://x' }, 'config-invalid', 'publicUrl'],
    [{ STORECAST_TRUST: 'none' }, 'config-invalid', 'mode'],
    [{ STORECAST_CONFIG: '/nowhere/cloud.yaml' }, 'config-missing', '/nowhere/cloud.yaml'],
    [{ DATABASE_URL_FILE: '/nowhere/url' }, 'secret-missing', 'DATABASE_URL_FILE'],
    [{ STORECAST_HTTP_HOST: '0.0.0.0' }, 'token-required', 'STORECAST_ADMIN_TOKEN'],
    [{ STORECAST_MQTT_HOST: '::' }, 'token-required', 'STORECAST_ADMIN_TOKEN'],
  ])('explains what is wrong with %o', async (env, code, place) => {
    await expect(loadConfig(env)).rejects.toMatchObject({ code, message: expect.stringContaining(place) })
  })

  it('refuses a secret in the file and what it does not know', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'cloud.yaml')
    for (const text of ['adminToken: x', 'databaseUrl: y', 'http: { prot: 1 }', '- a list', '{']) {
      await writeFile(path, text)
      await expect(loadConfig({ STORECAST_CONFIG: path })).rejects.toMatchObject({ code: 'config-invalid' })
    }
  })

  it('listens beyond loopback with a token', () => {
    expect(cloudConfig({ http: { host: '0.0.0.0' } }, { adminToken: 'x' }).http.host).toBe('0.0.0.0')
  })
})
