import type { Case } from './recording.ts'

/** What a conversation has about it that speaks of a feature. */
interface Marks {
  /** Beginnings of paths. */
  readonly paths?: readonly string[]
  /** Configurations whose chain begins with it. */
  readonly configs?: readonly string[]
  /** The first word of `Authorization`, in lower case, where the whole chain is asked. */
  readonly scheme?: string
  readonly header?: string
}

/** Features that later work brings. Until then their conversations are counted, by feature, and not played. */
export const PENDING: { readonly [feature: string]: Marks } = {
  "Djoser's endpoints": { paths: ['/auth/'] },
  'session authentication': {
    paths: ['/session/', '/hello/session/'],
    configs: ['session-first'],
    header: 'cookie',
  },
}

/** Views that ask every scheme of their configuration; the others have schemes of their own. */
const ASKS_ALL = ['/hello/', '/whoami/']

const features = Object.entries(PENDING)

/** The feature that a conversation waits for: by its paths, else by its configuration, else by what it sends. */
export function featureAwaited({ config, steps = [], request }: Case): string | undefined {
  const requests = [...steps.filter((step) => step.op === 'request'), request]
  const paths = requests.map(({ path }) => path)
  const sent = requests.filter(({ path }) => config !== 'jwt-only' && ASKS_ALL.includes(path.replace(/\?.*$/, '')))
  const headers = sent.flatMap((asked) => asked.headers ?? []).map(([name, value]) => [name.toLowerCase(), value])
  const schemes = headers.map(([name, value = '']) => (name === 'authorization' ? value.split(' ')[0] : undefined))

  const byPath = features.find(([, its]) => its.paths?.some((start) => paths.some((path) => path.startsWith(start))))
  const byConfig = features.find(([, its]) => its.configs?.includes(config))
  const bySent = features.find(
    ([, its]) =>
      (its.scheme !== undefined && schemes.some((word) => word?.toLowerCase() === its.scheme)) ||
      (its.header !== undefined && headers.some(([name]) => name === its.header)),
  )
  return (byPath ?? byConfig ?? bySent)?.[0]
}
