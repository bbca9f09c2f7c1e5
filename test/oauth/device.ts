import type { TestContext } from 'node:test'
import { DEVICE_GRANT } from '../../src/features/oauth/client.ts'
import type { NewClient } from '../../src/features/oauth/new-client.ts'
import type { Options } from '../../src/settings/options.ts'
import { withUser } from './consent.ts'
import { PARTNER_API } from './setup.ts'

const OAUTH = {
  scopes: { 'posts:read': 'Read your posts', 'posts:write': 'Change your posts' },
  resources: [PARTNER_API],
  device: true,
} as const

const TV: Partial<NewClient> = {
  name: 'Living room',
  proof: 'none',
  grants: [DEVICE_GRANT, 'refresh_token'],
  scopes: ['openid', 'posts:read', 'posts:write'],
}

/** A provider with a user, ada, her browser, and a television. */
export async function withDevice(t: TestContext, options: Options = {}) {
  const app = await withUser(t, { oauth: OAUTH, ...options })
  const tv = await app.client(TV)

  /** What the television gets first. */
  async function begin(more: Record<string, string> = {}, client = tv) {
    const fields = { client_id: client.id, scope: 'openid posts:read', ...more }
    const { body, status } = await app.form('/oauth/device_authorization', fields)
    const text = (name: string): string => String(body[name] ?? '')
    return {
      status,
      body,
      deviceCode: text('device_code'),
      userCode: text('user_code'),
      complete: text('verification_uri_complete').replace(/^https:\/\/[^/]+/, ''),
    }
  }

  const poll = (deviceCode: string, client = tv) =>
    app.form('/oauth/token', {
      grant_type: DEVICE_GRANT,
      device_code: deviceCode,
      client_id: client.id,
    })

  /** Ada enters a code on the page. */
  async function enter(userCode: string) {
    await app.browser.open('/oauth/device')
    return app.browser.submit({ button: 'Continue' }, { user_code: userCode })
  }

  return { ...app, tv, begin, poll, enter }
}
