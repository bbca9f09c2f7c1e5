import type { Deviation } from './deviations.ts'
import { detailOf, error, memberOf, membersOf, pathOf } from './instead.ts'

const NO_CREDENTIALS = 'Authentication credentials were not provided.'
const TWICE = 'This field may be sent only once.'
const NO_ACCOUNT = 'No active account found with the given credentials'

/** Deviations in the requests that are accepted, and in the form of responses. */
export const OF_REQUESTS: readonly Deviation[] = [
  {
    name: '0.5 responses do not vary with cookies',
    instead: (_, expected) => {
      const { vary, ...headers } = expected.headers ?? {}
      return vary === 'Cookie' ? { ...expected, headers } : undefined
    },
  },
  {
    name: '0.5 the description for OPTIONS',
    instead: ({ request }, expected, ours) => {
      if (request.method !== 'OPTIONS' || typeof memberOf(ours.body, 'name') !== 'string')
        return undefined
      const { raw: _, ...rest } = expected
      const length = ours.headers?.['content-length'] ?? null
      const shown = ours.raw === undefined ? {} : { raw: ours.raw }
      return {
        ...rest,
        ...shown,
        headers: { ...expected.headers, 'content-length': length },
        body: ours.body!,
      }
    },
  },
  {
    name: '0.5 with and without trailing slash',
    instead: ({ request }, expected, ours) =>
      expected.status === 301 &&
      expected.headers?.location === `${request.path}/` &&
      ours.status! < 500 &&
      ours.status !== 404
        ? ours
        : undefined,
  },
  {
    name: '0.6 bodies must be UTF-8',
    instead: ({ request }, _, ours) => {
      const type =
        request.headers?.find(([name]) => /^content-type$/i.test(name))?.[1] ?? ''
      const isOther =
        /;\s*charset=/i.test(type) && !/;\s*charset="?(utf-?8|us-ascii)"?\s*$/i.test(type)
      return isOther && ours.status === 415 ? ours : undefined
    },
  },
  {
    name: '6.9 responses are in English',
    instead: (_, expected, ours) => {
      const { 'content-language': language, vary, ...headers } = expected.headers ?? {}
      if (language === undefined || expected.status !== ours.status) return undefined
      if (language === 'en') return { ...expected, headers }
      return membersOf(expected.body) === membersOf(ours.body) ? ours : undefined
    },
  },
  {
    name: 'D1 the header type is case-insensitive',
    instead: ({ request }, expected, ours) => {
      const word = request.headers
        ?.find(([name]) => /^authorization$/i.test(name))?.[1]
        .split(' ')[0]
      const isOurs =
        word !== undefined && /^(bearer|jwt)$/i.test(word) && !/^(Bearer|JWT)$/.test(word)
      const isAccepted = ours.status === 200 || memberOf(ours.body, 'code') !== undefined
      const isAnonymous =
        detailOf(expected) === NO_CREDENTIALS ||
        memberOf(expected.body, 'authenticated') === false
      return isOurs && isAnonymous && isAccepted ? ours : undefined
    },
  },
  {
    name: 'D2 a password with white space at its ends',
    instead: ({ request }, expected, ours) =>
      /"password": ?"(\s|.*\s")/.test(request.body ?? '') &&
      detailOf(expected) === NO_ACCOUNT &&
      ours.status === 200
        ? ours
        : undefined,
  },
  {
    name: 'D4 no blacklist endpoint without a store',
    instead: (recorded, expected, ours) =>
      pathOf(recorded).endsWith('/blacklist/') &&
      recorded.config.includes('no-blacklist-app') &&
      ours.status === 404
        ? {
            ...error(expected, 404, { detail: 'Not found.' }),
            headers: { 'content-length': '23' },
          }
        : undefined,
  },
  {
    name: 'D42 a field that is sent twice is refused',
    instead: (_, expected, ours) =>
      expected.status === 200 && JSON.stringify(ours.body ?? {}).includes(TWICE)
        ? ours
        : undefined,
  },
  {
    name: 'D27 errors are JSON, and a body over the limit gets 413',
    instead: (_, { text, status = 0 }, ours) =>
      text !== undefined &&
      status >= 400 &&
      [status, 413].includes(ours.status!) &&
      detailOf(ours) !== undefined
        ? ours
        : undefined,
  },
]
