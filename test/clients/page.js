import axios from '/axios.js'
import ky from '/ky/index.js'

const SIGN_IN = '/api/token/'
const REFRESH = '/api/token/refresh/'
const CSRF = { xsrfCookieName: 'csrftoken', xsrfHeaderName: 'X-CSRFToken' }

/**
 * Requests that fail at the same time share one refresh. If each refreshes by itself, one may present a token that is two generations
 * old by then, and that is reuse.
 */
function shared(refresh) {
  let running
  return () => {
    running ??= refresh().finally(() => {
      running = undefined
    })
    return running
  }
}

/** Axios as it is used with Simple JWT: an interceptor refreshes after a 401, and repeats the request once. */
function axiosClient(transport) {
  const tokens = {}
  const api = axios.create(transport === 'cookie' ? CSRF : {})
  api.interceptors.request.use((config) => {
    if (tokens.access) config.headers.Authorization = `Bearer ${tokens.access}`
    return config
  })
  api.interceptors.response.use(undefined, async (error) => {
    const { config, response } = error
    const isOver = config.isRepeated || config.url.startsWith(SIGN_IN)
    if (response?.status !== 401 || isOver) throw error
    await refresh()
    return api({ ...config, isRepeated: true })
  })
  const refresh = shared(async () => {
    const body = transport === 'body' ? { refresh: tokens.refresh } : undefined
    const { data } = await api.post(REFRESH, body)
    Object.assign(tokens, data)
  })
  return {
    refresh,
    signIn: async (user) => Object.assign(tokens, (await api.post(SIGN_IN, user)).data),
    hello: async () => (await api.get('/hello/')).data,
    write: async () => (await api.post('/posts/', { title: 'Hello' })).data,
  }
}

/** Ky as its documentation refreshes tokens: a hook repeats the request after a 401. */
function kyClient(transport) {
  const tokens = {}
  const csrf = () => /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie)?.[1] ?? ''
  const authorize = (request) => {
    if (transport === 'cookie') request.headers.set('X-CSRFToken', csrf())
    else if (tokens.access)
      request.headers.set('Authorization', `Bearer ${tokens.access}`)
    return request
  }
  const plain = ky.create({
    hooks: { beforeRequest: [({ request }) => void authorize(request)] },
  })
  const refresh = shared(async () => {
    const json = { refresh: tokens.refresh }
    Object.assign(
      tokens,
      await plain.post(REFRESH, transport === 'body' ? { json } : {}).json(),
    )
  })
  const api = plain.extend({
    hooks: {
      afterResponse: [
        async ({ request, response, retryCount }) => {
          if (response.status !== 401 || retryCount > 0) return undefined
          await refresh()
          return ky.retry({ request: authorize(request.clone()), delay: 0 })
        },
      ],
    },
  })
  return {
    refresh,
    signIn: async (user) =>
      Object.assign(tokens, await plain.post(SIGN_IN, { json: user }).json()),
    hello: () => api.get('/hello/').json(),
    write: () => api.post('/posts/', { json: { title: 'Hello' } }).json(),
  }
}

globalThis.clients = { axios: axiosClient, ky: kyClient }
