import { configError } from '../base/errors.ts'

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/**
 * The option `url`, without a slash at its end.
 *
 * @throws AuthError `invalid_config`: links in mails over plain http would show their tokens to every network between
 */
export function parsePublicUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  const isSecure =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && LOOPBACK.test(url.hostname))
  if (url === null || !isSecure || url.username !== '' || /[?#]/.test(text))
    throw configError(
      'url (WATCHWORD_URL) must be the public address, such as "https://app.example.com", without "?" and "#" (plain http is for loopback addresses).',
    )
  return url.href.replace(/\/+$/, '')
}
