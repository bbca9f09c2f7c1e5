import {
  CHALLENGE,
  type Conversation,
  exchange,
  type Fields,
  refresh,
  type Shown,
  type TokenRequest,
  VERIFIER,
} from './conversation.ts'
import { BROWSER, DESKTOP, MACHINE, OTHER, REDIRECT } from './sides.ts'

/** A request, or a few, whose last answer is compared. */
export type Case = (conversation: Conversation) => Promise<Shown>

const authorize =
  (fields: Fields): Case =>
  (conversation) =>
    conversation.authorize(fields)

/** As a browser without cookies. */
const anonymous =
  (fields: Fields): Case =>
  (conversation) =>
    conversation.authorize(fields, '')

const token =
  (requestOf: (conversation: Conversation) => TokenRequest): Case =>
  (conversation) =>
    conversation.token(requestOf(conversation))

/** An exchange of a new code. */
const exchanged =
  (fields: Fields = {}, request: Fields = {}): Case =>
  async (conversation) => {
    const code = await conversation.code(request)
    return conversation.token({ fields: exchange(code, fields) })
  }

/** A refresh of new tokens. */
const refreshed =
  (fields: Fields = {}, request: Fields = {}): Case =>
  async (conversation) => {
    const { refresh_token } = await conversation.tokens(request)
    return conversation.token({ fields: refresh(refresh_token, fields) })
  }

const OWN = { grant_type: 'client_credentials', scope: 'posts:read' }

const own =
  (fields: Fields = {}): Case =>
  (conversation) =>
    conversation.token({
      fields: { ...OWN, ...fields },
      authorization: conversation.basic(MACHINE.id),
    })

/** With another proof of who the application is. */
const proven =
  (authorizationOf: (conversation: Conversation) => string | undefined): Case =>
  (conversation) =>
    conversation.token({ fields: OWN, authorization: authorizationOf(conversation) })

const inBody =
  (fieldsOf: (conversation: Conversation) => Fields): Case =>
  (conversation) =>
    conversation.token({
      fields: { ...OWN, ...fieldsOf(conversation) },
      authorization: undefined,
    })

const bearer = (value: string | undefined): RequestInit => ({
  headers: { authorization: `Bearer ${value}` },
})

const CASES_OF_AUTHORIZE: Readonly<Record<string, Case>> = {
  'authorize: all is right': authorize({}),
  'authorize: no state': authorize({ state: undefined }),
  'authorize: an empty state': authorize({ state: '' }),
  'authorize: no client_id': authorize({ client_id: undefined }),
  'authorize: an unknown client_id': authorize({ client_id: 'nobody' }),
  'authorize: client_id twice': authorize({ client_id: ['shop', 'shop'] }),
  'authorize: no redirect_uri, one is registered': authorize({ redirect_uri: undefined }),
  'authorize: no redirect_uri, two are registered': authorize({
    client_id: BROWSER.id,
    redirect_uri: undefined,
  }),
  'authorize: redirect_uri with a slash more': authorize({
    redirect_uri: `${REDIRECT}/`,
  }),
  'authorize: redirect_uri with a query more': authorize({
    redirect_uri: `${REDIRECT}?x=1`,
  }),
  'authorize: redirect_uri of another site': authorize({
    redirect_uri: 'https://evil.example.com/cb',
  }),
  'authorize: redirect_uri twice': authorize({
    redirect_uri: [REDIRECT, 'https://evil.example.com/cb'],
  }),
  'authorize: another port of a loopback address': authorize({
    client_id: DESKTOP.id,
    redirect_uri: 'http://127.0.0.1:51004/cb',
    scope: 'openid',
  }),
  'authorize: another path of a loopback address': authorize({
    client_id: DESKTOP.id,
    redirect_uri: 'http://127.0.0.1:51004/other',
    scope: 'openid',
  }),
  'authorize: no response_type': authorize({ response_type: undefined }),
  'authorize: response_type token': authorize({ response_type: 'token' }),
  'authorize: response_type id_token': authorize({
    response_type: 'id_token',
    nonce: 'n',
  }),
  'authorize: response_type code id_token': authorize({
    response_type: 'code id_token',
    nonce: 'n',
  }),
  'authorize: response_type none': authorize({ response_type: 'none' }),
  'authorize: response_type unknown': authorize({ response_type: 'x' }),
  'authorize: no code_challenge': authorize({
    code_challenge: undefined,
    code_challenge_method: undefined,
  }),
  'authorize: no code_challenge of a public application': authorize({
    client_id: BROWSER.id,
    code_challenge: undefined,
    code_challenge_method: undefined,
  }),
  'authorize: code_challenge_method alone': authorize({ code_challenge: undefined }),
  'authorize: code_challenge_method plain': authorize({
    code_challenge: VERIFIER,
    code_challenge_method: 'plain',
  }),
  'authorize: no code_challenge_method': authorize({ code_challenge_method: undefined }),
  'authorize: code_challenge_method in lower case': authorize({
    code_challenge_method: 's256',
  }),
  'authorize: a short code_challenge': authorize({ code_challenge: 'short' }),
  'authorize: a padded code_challenge': authorize({ code_challenge: `${CHALLENGE}=` }),
  'authorize: no scope': authorize({ scope: undefined }),
  'authorize: an unknown scope': authorize({ scope: 'openid posts:delete' }),
  'authorize: a scope that the application may not ask for': authorize({
    scope: 'openid posts:write',
  }),
  'authorize: a scope with a quote': authorize({ scope: 'openid "' }),
  'authorize: scope twice': authorize({ scope: ['openid', 'email'] }),
  'authorize: state twice': authorize({ state: ['a', 'b'] }),
  'authorize: an unknown parameter': authorize({ x: '1' }),
  'authorize: an unknown parameter twice': authorize({ x: ['1', '2'] }),
  'authorize: prompt=none': authorize({ prompt: 'none' }),
  'authorize: prompt=login': authorize({ prompt: 'login' }),
  'authorize: prompt=none login': authorize({ prompt: 'none login' }),
  'authorize: prompt unknown': authorize({ prompt: 'x' }),
  'authorize: prompt=none of a stranger': anonymous({ prompt: 'none' }),
  'authorize: prompt=none of a stranger, redirect_uri of another site': anonymous({
    prompt: 'none',
    redirect_uri: 'https://evil.example.com/cb',
  }),
  'authorize: a stranger': anonymous({}),
  'authorize: max_age=10000': authorize({ max_age: '10000' }),
  'authorize: max_age=0': authorize({ max_age: '0' }),
  'authorize: max_age=0 and prompt=none': authorize({ max_age: '0', prompt: 'none' }),
  'authorize: max_age=-1': authorize({ max_age: '-1' }),
  'authorize: max_age=x': authorize({ max_age: 'x' }),
  'authorize: response_mode=query': authorize({ response_mode: 'query' }),
  'authorize: response_mode=fragment': authorize({ response_mode: 'fragment' }),
  'authorize: response_mode=form_post': authorize({ response_mode: 'form_post' }),
  'authorize: response_mode unknown': authorize({ response_mode: 'x' }),
  'authorize: request': authorize({ request: 'eyJhbGciOiJub25lIn0.e30.' }),
  'authorize: request_uri': authorize({ request_uri: 'https://shop.example.com/r' }),
  'authorize: registration': authorize({ registration: '{}' }),
  'authorize: claims that are no JSON': authorize({ claims: '{' }),
  'authorize: acr_values': authorize({ acr_values: 'x' }),
  'authorize: login_hint': authorize({ login_hint: 'ada' }),
  'authorize: ui_locales': authorize({ ui_locales: 'de' }),
  'authorize: id_token_hint that is no token': authorize({ id_token_hint: 'x' }),
  'authorize: nonce': authorize({ nonce: 'n' }),
  'authorize: an application without redirect URIs': authorize({
    client_id: MACHINE.id,
    scope: 'posts:read',
  }),
  'authorize: by POST': (conversation) => conversation.postAuthorize({}),
}

const CASES_OF_PROOFS: Readonly<Record<string, Case>> = {
  'application: a wrong secret': proven((to) => to.basic(MACHINE.id, 'wrong')),
  'application: an unknown id': proven((to) => to.basic('nobody', 'x')),
  'application: the scheme in lower case': proven((to) =>
    to.basic(MACHINE.id).replace('Basic', 'basic'),
  ),
  'application: no Base64': proven(() => 'Basic !'),
  'application: no colon': proven(() => `Basic ${btoa('machine')}`),
  'application: another scheme': proven(() => 'Bearer x'),
  'application: nothing': proven(() => undefined),
  'application: its id alone': inBody(() => ({ client_id: MACHINE.id })),
  'application: the secret in the body': inBody((to) => ({
    client_id: MACHINE.id,
    client_secret: to.secret(MACHINE.id),
  })),
  'application: a wrong secret in the body': inBody(() => ({
    client_id: MACHINE.id,
    client_secret: 'wrong',
  })),
  'application: header and body': token((to) => ({
    fields: { ...OWN, client_id: MACHINE.id, client_secret: to.secret(MACHINE.id) },
    authorization: to.basic(MACHINE.id),
  })),
  'application: header, and the same id in the body': token((to) => ({
    fields: { ...OWN, client_id: MACHINE.id },
    authorization: to.basic(MACHINE.id),
  })),
  'application: header, and another id in the body': token((to) => ({
    fields: { ...OWN, client_id: 'other' },
    authorization: to.basic(MACHINE.id),
  })),
  'application: an assertion that is no token': inBody(() => ({
    client_id: MACHINE.id,
    client_assertion: 'x',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  })),
  'application: an assertion of an unknown type': inBody(() => ({
    client_id: MACHINE.id,
    client_assertion: 'x',
    client_assertion_type: 'x',
  })),
  'application: a public one with a secret': async (conversation) => {
    const code = await conversation.code({ client_id: BROWSER.id })
    const fields = exchange(code, { client_id: BROWSER.id, client_secret: 'x' })
    return conversation.token({ fields, authorization: undefined })
  },
}

const CASES_OF_TOKEN: Readonly<Record<string, Case>> = {
  'token: no grant_type': token(() => ({ fields: {} })),
  'token: an unknown grant_type': token(() => ({ fields: { grant_type: 'x' } })),
  'token: grant_type password': token(() => ({
    fields: { grant_type: 'password', username: 'ada', password: 'x' },
  })),
  'token: grant_type twice': token(() => ({
    fields: { grant_type: ['client_credentials', 'client_credentials'] },
  })),
  'token: JSON': token(() => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(OWN),
  })),
  'token: parameters in the URL': token((to) => ({
    query: `?${new URLSearchParams(OWN)}`,
    authorization: to.basic(MACHINE.id),
  })),
  'token: GET': token((to) => ({
    method: 'GET',
    query: `?${new URLSearchParams(OWN)}`,
    authorization: to.basic(MACHINE.id),
  })),
  'client credentials': own(),
  'client credentials: two scopes': own({ scope: 'posts:read posts:write' }),
  'client credentials: no scope': own({ scope: undefined }),
  'client credentials: an unknown scope': own({ scope: 'posts:delete' }),
  'client credentials: openid': own({ scope: 'openid' }),
  'client credentials: an application without the grant': token(() => ({ fields: OWN })),
  'code: all is right': exchanged(),
  'code: without openid': exchanged({}, { scope: 'posts:read' }),
  'code: no redirect_uri': exchanged({ redirect_uri: undefined }),
  'code: another redirect_uri': exchanged({ redirect_uri: 'https://shop.example.com/' }),
  'code: no code_verifier': exchanged({ code_verifier: undefined }),
  'code: a wrong code_verifier': exchanged({ code_verifier: 'a'.repeat(43) }),
  'code: a short code_verifier': exchanged({ code_verifier: 'a' }),
  'code: no code': token(() => ({ fields: exchange('', { code: undefined }) })),
  'code: an unknown code': token(() => ({ fields: exchange('x') })),
  'code: code twice in the body': async (conversation) => {
    const code = await conversation.code()
    return conversation.token({ fields: exchange(code, { code: [code, code] }) })
  },
  'code: of another application': async (conversation) => {
    const fields = exchange(await conversation.code())
    return conversation.token({ fields, authorization: conversation.basic(OTHER.id) })
  },
  'code: a second time': async (conversation) => {
    const fields = exchange(await conversation.code())
    await conversation.token({ fields })
    return conversation.token({ fields })
  },
  'code: the refresh token after the code was presented again': async (conversation) => {
    const fields = exchange(await conversation.code())
    const { body } = await conversation.post('token', { fields })
    await conversation.token({ fields })
    return conversation.token({ fields: refresh(body.refresh_token) })
  },
  'code: after a wrong code_verifier': async (conversation) => {
    const code = await conversation.code()
    await conversation.token({
      fields: exchange(code, { code_verifier: 'a'.repeat(43) }),
    })
    return conversation.token({ fields: exchange(code) })
  },
  'code: of a public application': async (conversation) => {
    const code = await conversation.code({ client_id: BROWSER.id })
    const fields = exchange(code, { client_id: BROWSER.id })
    return conversation.token({ fields, authorization: undefined })
  },
  'refresh: all is right': refreshed(),
  'refresh: fewer scopes': refreshed({ scope: 'openid' }),
  'refresh: more scopes': refreshed({ scope: 'openid posts:read email' }),
  'refresh: no refresh_token': token(() => ({ fields: refresh(undefined) })),
  'refresh: an unknown refresh_token': token(() => ({ fields: refresh('x') })),
  'refresh: an access token': async (conversation) => {
    const { access_token } = await conversation.tokens()
    return conversation.token({ fields: refresh(access_token) })
  },
  'refresh: of another application': async (conversation) => {
    const { refresh_token } = await conversation.tokens()
    const authorization = conversation.basic(OTHER.id)
    return conversation.token({ fields: refresh(refresh_token), authorization })
  },
  'refresh: the same token again at once': async (conversation) => {
    const { refresh_token } = await conversation.tokens()
    await conversation.token({ fields: refresh(refresh_token) })
    return conversation.token({ fields: refresh(refresh_token) })
  },
  'refresh: the successor, after the first token came again': async (conversation) => {
    const { refresh_token } = await conversation.tokens()
    const { body } = await conversation.post('token', { fields: refresh(refresh_token) })
    await conversation.token({ fields: refresh(refresh_token) })
    return conversation.token({ fields: refresh(body.refresh_token) })
  },
  'refresh: after more scopes were refused': async (conversation) => {
    const { refresh_token } = await conversation.tokens()
    const fields = refresh(refresh_token, { scope: 'openid posts:read email' })
    await conversation.token({ fields })
    return conversation.token({ fields: refresh(refresh_token) })
  },
}

/** A token that is posted to an endpoint. */
const posted =
  (
    place: 'revoke' | 'introspect',
    kind: 'access_token' | 'refresh_token',
    authorizationOf: (conversation: Conversation) => string | undefined = (to) =>
      to.basic(),
  ): Case =>
  async (conversation) => {
    const tokens = await conversation.tokens()
    const fields = { token: tokens[kind] }
    const authorization = authorizationOf(conversation)
    return (await conversation.post(place, { fields, authorization })).shown
  }

/** A refresh after a revocation. */
const refreshAfterRevocation =
  (kind: 'access_token' | 'refresh_token', by: string): Case =>
  async (conversation) => {
    const tokens = await conversation.tokens()
    const fields = { token: tokens[kind] }
    await conversation.post('revoke', { fields, authorization: conversation.basic(by) })
    return conversation.token({ fields: refresh(tokens.refresh_token) })
  }

const unknown =
  (place: 'revoke' | 'introspect', fields: Fields, authorization?: string): Case =>
  async (conversation) =>
    (
      await conversation.post(place, {
        fields,
        authorization: authorization ?? conversation.basic(),
      })
    ).shown

const CASES_OF_TOKENS: Readonly<Record<string, Case>> = {
  'revoke: a refresh token': posted('revoke', 'refresh_token'),
  'revoke: an access token': posted('revoke', 'access_token'),
  'revoke: an unknown token': unknown('revoke', { token: 'x' }),
  'revoke: no token': unknown('revoke', {}),
  'revoke: a wrong secret': unknown('revoke', { token: 'x' }, `Basic ${btoa('shop:x')}`),
  'revoke: of another application': posted('revoke', 'refresh_token', (to) =>
    to.basic(OTHER.id),
  ),
  'revoke: a refresh after its token was revoked': refreshAfterRevocation(
    'refresh_token',
    'shop',
  ),
  'revoke: a refresh after the access token was revoked': refreshAfterRevocation(
    'access_token',
    'shop',
  ),
  'revoke: a refresh after another application revoked its token': refreshAfterRevocation(
    'refresh_token',
    'other',
  ),
  'introspect: an access token': posted('introspect', 'access_token'),
  'introspect: a refresh token': posted('introspect', 'refresh_token'),
  'introspect: of another application': posted('introspect', 'access_token', (to) =>
    to.basic(OTHER.id),
  ),
  'introspect: an unknown token': unknown('introspect', { token: 'x' }),
  'introspect: no token': unknown('introspect', {}),
  'introspect: a wrong secret': unknown(
    'introspect',
    { token: 'x' },
    `Basic ${btoa('shop:x')}`,
  ),
  'userinfo: all is right': async (conversation) => {
    const { access_token } = await conversation.tokens({ scope: 'openid' })
    return conversation.userInfo(bearer(access_token))
  },
  'userinfo: by POST': async (conversation) => {
    const { access_token } = await conversation.tokens({ scope: 'openid' })
    return conversation.userInfo({ ...bearer(access_token), method: 'POST' })
  },
  'userinfo: the token in the body': async (conversation) => {
    const { access_token = '' } = await conversation.tokens({ scope: 'openid' })
    const body = new URLSearchParams({ access_token })
    return conversation.userInfo({ method: 'POST', body })
  },
  'userinfo: the token in the URL': async (conversation) => {
    const { access_token } = await conversation.tokens({ scope: 'openid' })
    return conversation.userInfo({}, `?access_token=${access_token}`)
  },
  'userinfo: nothing': (conversation) => conversation.userInfo({}),
  'userinfo: an unknown token': (conversation) => conversation.userInfo(bearer('x')),
  'userinfo: without openid': async (conversation) => {
    const { access_token } = await conversation.tokens({ scope: 'posts:read' })
    return conversation.userInfo(bearer(access_token))
  },
  'userinfo: a refresh token': async (conversation) => {
    const { refresh_token } = await conversation.tokens()
    return conversation.userInfo(bearer(refresh_token))
  },
  'userinfo: after the revocation': async (conversation) => {
    const tokens = await conversation.tokens()
    await conversation.post('revoke', { fields: { token: tokens.refresh_token } })
    return conversation.userInfo(bearer(tokens.access_token))
  },
}

export const CASES: Readonly<Record<string, Case>> = {
  ...CASES_OF_AUTHORIZE,
  ...CASES_OF_PROOFS,
  ...CASES_OF_TOKEN,
  ...CASES_OF_TOKENS,
}
