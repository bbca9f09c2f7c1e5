import { configError } from '../base/errors.ts'
import { type Answer, html as htmlAnswer, redirect } from '../http/answer.ts'
import { setCookies } from '../http/cookies.ts'
import type { Site } from './context.ts'
import { pageHeaders } from './headers.ts'
import type { Html } from './html.ts'
import { nextPath } from './next-path.ts'

export interface ShownOptions {
  /** Default 200. */
  readonly status?: number
  /** Values of `Set-Cookie`. */
  readonly cookies?: readonly string[]
  /** Where its forms may lead to besides its own origin: sources of a policy, such as `https://shop.example.com`. */
  readonly formTargets?: readonly string[]
}

/** A page, never cached. */
export function shown(
  page: Html,
  { logo }: Pick<Site, 'logo'>,
  { status = 200, cookies = [], formTargets = [] }: ShownOptions = {},
): Answer {
  const text = String(page)
  const headers = pageHeaders(text, originsOf(logo), formTargets)
  return htmlAnswer(text, { status, headers: [...headers, ...setCookies(cookies)] })
}

/** Where the policy of the page must allow images from, besides its own origin. */
function originsOf(logo: string | undefined): readonly string[] {
  if (logo?.startsWith('https:') !== true) return []
  return [new URL(logo).origin]
}

/**
 * Goes on to another page of this origin, after a form that did what it asked for.
 *
 * @throws AuthError `invalid_config` if it is not a path of this origin: redirects to other origins are stopped by the policy of the pages
 */
export function seeOther(
  path: string,
  { cookies = [] }: Pick<ShownOptions, 'cookies'> = {},
): Answer {
  const checked = nextPath(path)
  if (checked === undefined) throw configError('A page redirects to another origin.')
  return redirect(checked, { status: 303, headers: setCookies(cookies) })
}
