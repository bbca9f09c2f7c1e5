import { testInstance } from '../../src/testing/index.ts'
import { testBrowser } from '../pages/site.ts'
import type { Attack } from './corpus.ts'
import type { Verdict } from './verdict.ts'

const ADA = { username: 'ada', password: 'qhr4-7mzt-w2pd-x9kc' } as const

/** Signs in from a link with the parameter `next`, and looks where the browser is sent. */
export async function judgeNext(attack: Attack<'next'>): Promise<Verdict> {
  const { id, kind, reason, expect, origin, value } = attack
  await using app = testInstance({ url: origin, pages: true })
  await app.auth.users.create(ADA)
  const locations: string[] = []
  const handler = async (request: Request): Promise<Response> => {
    const response = await app.auth.handler(request)
    locations.push(...listOf(response.headers.get('location')))
    return response
  }
  const browser = testBrowser({ handler }, origin)
  await browser.open(`/account/sign-in/?${new URLSearchParams({ next: value })}`)
  await browser.submit({ button: 'Sign in' }, { login: ADA.username, ...ADA })
  const [first = ''] = locations
  const expected =
    expect === 'accept' ? new URL(value, origin) : new URL('/account/', origin)
  const isRight = new URL(first, origin).href === expected.href
  return { id, kind, reason, faults: isRight ? [] : [`is sent to ${first}`] }
}

const listOf = (location: string | null): readonly string[] =>
  location === null ? [] : [location]
