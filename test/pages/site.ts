import type { Watchword } from '../../src/watchword.ts'

/** A browser without scripts: keeps cookies, follows redirects, and sends the forms of the pages it was shown. */
export interface TestBrowser {
  /** The last page. */
  readonly page: ShownPage
  open(path: string, headers?: Readonly<Record<string, string>>): Promise<ShownPage>
  /** Fills the form with this button or this action, and sends it with its hidden fields. */
  submit(
    form: { readonly action?: string; readonly button?: string },
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ShownPage>
  /** Sends fields as they are. */
  post(
    path: string,
    fields: Readonly<Record<string, string>> | URLSearchParams,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ShownPage>
  readonly cookies: Map<string, string>
}

/** What a browser shows after redirects. */
export interface ShownPage {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly path: string
  /** The words of the heading. */
  readonly heading: string
  /** What stands in the address line, and what it went through before. */
  readonly through: readonly string[]
}

export const ORIGIN = 'https://app.example.com'

export function testBrowser(
  auth: Pick<Watchword, 'handler'>,
  origin = ORIGIN,
): TestBrowser {
  const cookies = new Map<string, string>()
  let page: ShownPage

  const send = async (
    path: string,
    init: RequestInit,
    through: readonly string[] = [],
  ): Promise<ShownPage> => {
    const headers = new Headers(init.headers)
    if (!headers.has('cookie') && cookies.size > 0)
      headers.set(
        'cookie',
        [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      )
    const request = new Request(new URL(path, origin), { ...init, headers })
    const response = await auth.handler(request)
    for (const each of response.headers.getSetCookie()) keep(each)
    const location = response.headers.get('location')
    if (location !== null && through.length < 5)
      return send(location, {}, [...through, path])
    const text = await response.text()
    const [, heading = ''] = /<h1>(.*?)<\/h1>/s.exec(text) ?? []
    page = {
      status: response.status,
      headers: response.headers,
      text,
      path,
      heading,
      through,
    }
    return page
  }

  const keep = (setCookie: string): void => {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(setCookie) ?? []
    if (/Max-Age=0(;|$)/i.test(setCookie)) cookies.delete(name)
    else cookies.set(name, value)
  }

  const post: TestBrowser['post'] = (path, fields, headers = {}) =>
    send(path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { origin, 'sec-fetch-site': 'same-origin', ...headers },
    })

  return {
    get page() {
      return page
    },
    cookies,
    open: (path, headers = {}) => send(path, { headers }),
    post,
    submit(form, fields = {}, headers) {
      const { action, inputs } = findForm(page.text, form)
      return post(action || page.path, { ...inputs, ...fields }, headers)
    },
  }
}

export const tokenIn = (text: string): string =>
  /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(text)?.[1] ?? ''

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

/** The words of a page without its markup. */
export const wordsOf = ({ text }: Pick<ShownPage, 'text'>): string =>
  unescaped(
    text
      .replace(/<head>.*?<\/head>/s, '')
      .replace(/<\/?(?:span|time)\b[^>]*>/g, '')
      .replace(/<[^>]*>/g, ' '),
  ).replace(/\s+/g, ' ')

/** The first form with an action, and with the words of a button. */
function findForm(
  text: string,
  wanted: { readonly action?: string; readonly button?: string },
) {
  for (const [whole, action = ''] of text.matchAll(
    /<form[^>]*\saction="([^"]*)"[^>]*>.*?<\/form>/gs,
  )) {
    if (wanted.action !== undefined && unescaped(action) !== wanted.action) continue
    const button = buttonOf(whole, wanted.button)
    if (wanted.button !== undefined && button === undefined) continue
    const inputs = Object.fromEntries(inputsOf(whole))
    return { action: unescaped(action), inputs: { ...inputs, ...button } }
  }
  throw new Error(`The page has no such form: ${JSON.stringify(wanted)}`)
}

function buttonOf(
  form: string,
  words: string | undefined,
): Readonly<Record<string, string>> | undefined {
  for (const [, attributes = '', content = ''] of form.matchAll(
    /<button([^>]*)>(.*?)<\/button>/gs,
  )) {
    if (words !== undefined && !wordsOf({ text: content }).includes(words)) continue
    const name = /\sname="([^"]*)"/.exec(attributes)?.[1]
    const value = /\svalue="([^"]*)"/.exec(attributes)?.[1] ?? ''
    return name === undefined ? {} : { [name]: unescaped(value) }
  }
  return undefined
}

/** What a browser sends of the inputs as they are. */
function* inputsOf(form: string): Iterable<[string, string]> {
  for (const [, attributes = ''] of form.matchAll(/<input([^>]*)>/g)) {
    const name = /\sname="([^"]*)"/.exec(attributes)?.[1]
    const isUnchecked =
      /type="(checkbox|radio)"/.test(attributes) && !/\schecked/.test(attributes)
    if (name === undefined || isUnchecked) continue
    yield [name, unescaped(/\svalue="([^"]*)"/.exec(attributes)?.[1] ?? '')]
  }
}
