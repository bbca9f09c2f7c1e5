/** What a `User-Agent` says of a device; parts that it does not say are missing. */
export interface Device {
  /** Such as `Firefox`, or the first product of a program: `curl`. */
  readonly program?: string
  /** Such as `Windows` or `iPhone`. */
  readonly system?: string
}

/** The first that matches: browsers name the ones that they are compatible with, too. */
const BROWSERS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\b(?:OPR|Opera|OPiOS|OPT)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bDuckDuckGo\//, 'DuckDuckGo'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Headless)?(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+ (?:Mobile\/\w+ )?Safari\//, 'Safari'],
]

const SYSTEMS: typeof BROWSERS = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\b(?:Macintosh|Mac OS X|macOS)\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

/** The first product of a program that is no browser (RFC 9110 §10.1.5): `curl/8.14.1`. */
const PRODUCT = /^([\w.+-]{1,40})(?:\/|\s|$)/

const nameIn = (names: typeof BROWSERS, agent: string): string | undefined =>
  names.find(([pattern]) => pattern.test(agent))?.[1]

/** The device of a session, in words that people know. A client can send any `User-Agent`: it recognizes, it proves nothing. */
export function deviceOf(userAgent: string | undefined): Device {
  if (userAgent === undefined) return {}
  const program = nameIn(BROWSERS, userAgent) ?? productOf(userAgent)
  const system = nameIn(SYSTEMS, userAgent)
  return { ...(program && { program }), ...(system && { system }) }
}

/** "Mozilla" says nothing: each browser begins with it. */
function productOf(userAgent: string): string | undefined {
  const [, product] = PRODUCT.exec(userAgent) ?? []
  if (product === 'Mozilla') return undefined
  return product
}
