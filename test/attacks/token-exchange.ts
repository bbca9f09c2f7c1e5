import { EXCHANGE_GRANT } from '../../src/features/oauth/client.ts'
import type { NewClient } from '../../src/features/oauth/new-client.ts'
import type { Options } from '../../src/settings/options.ts'
import { type Scope, withCleanup } from '../cleanup.ts'
import { ACCESS_TOKEN, exchanging, STOCK_API } from '../oauth/exchange.ts'
import {
  basicOf,
  type Credentials,
  claimsOf,
  PARTNER_API,
  URL_OF_APP,
} from '../oauth/setup.ts'
import { proofKeyPair } from '../proofs/key.ts'
import { type Attack, textOf } from './corpus.ts'
import { type HttpAnswer, httpVerdict } from './http-answer.ts'
import type { ExchangeAttack, SubjectName } from './oauth-corpus.ts'
import type { Verdict } from './verdict.ts'

type ExchangeCase = Attack<'token_exchange'>

/** Exchanges the token of a user; what it gets may do no more than that token and the service. */
export const judgeTokenExchange = (attack: ExchangeCase): Promise<Verdict> =>
  withCleanup(async (scope) => {
    const state = { isRefused: false, service: { id: '', secret: '' } }
    const app = await exchanging(scope, optionsOf(attack, state))
    const service = await serviceOf(attack, app)
    state.service = service
    const setting = { attack, app, scope, service, state }
    const subject = await chained(await subjectOf(setting), setting)
    const fields = await fieldsOf(subject, setting)
    await happen(subject, setting)
    const answer = await exchange(fields, setting)
    if (answer.status >= 400) return httpVerdict(attack, answer)
    return httpVerdict(attack, answer, tokenFaults(subject, answer, setting))
  })

type App = Awaited<ReturnType<typeof exchanging>>

/** What options read. */
interface State {
  isRefused: boolean
  service: Credentials
}

const optionsOf = (attack: ExchangeAttack, state: State): Options => ({
  users: { rule: () => !state.isRefused, ruleOnRequest: false },
  tokens: {
    leeway: attack.leeway ?? 0,
    ...(Object.hasOwn(attack, 'mayAct') && {
      claims: () => withService({ may_act: attack.mayAct }, state.service),
    }),
  },
})

interface Setting {
  readonly attack: ExchangeCase
  readonly app: App
  readonly scope: Scope
  /** Which asks. */
  readonly service: Credentials
  readonly state: State
}

/** What services are registered with, besides what every service has. */
const SERVICES: {
  readonly [By in NonNullable<ExchangeAttack['by']>]?: Partial<NewClient>
} = {
  'another service': { audiences: [STOCK_API] },
  'a service without the grant': { grants: ['client_credentials'] },
  'a service that is the instance': { audiences: [URL_OF_APP] },
  'an own service that is the instance': { audiences: [URL_OF_APP], skipConsent: true },
}

async function serviceOf({ by }: ExchangeAttack, app: App): Promise<Credentials> {
  const { auth, partner, shopClient } = app
  if (by === 'the application of the token') {
    const grants = ['authorization_code', 'refresh_token', EXCHANGE_GRANT] as const
    await auth.clients.update(shopClient.id, { grants })
    return shopClient
  }
  const service = await partner((by && SERVICES[by]) ?? {})
  if (by === 'a service that is disabled') await auth.clients.disable(service.id)
  if (by === 'a service with a wrong secret') return { ...service, secret: 'wrong' }
  if (by === 'a service by its name alone') return { ...service, secret: '' }
  return service
}

const KEY = proofKeyPair()
const OTHER = proofKeyPair()

const proofBy = (key: typeof KEY, { clock }: App): string =>
  key.proof({ url: `${URL_OF_APP}/oauth/token`, now: clock.now() })

const subjectOf = (setting: Setting): Promise<string> =>
  tokenOf(setting.attack.subject, setting)

async function tokenOf(
  name: SubjectName | undefined,
  { attack, app, scope, service }: Setting,
): Promise<string> {
  const { ada, auth, ownToken, partner, shopTokens } = app
  const dpop = attack.proof && proofBy(KEY, app)
  switch (name) {
    case 'of a sign-in':
      return (await auth.signIn(ada.id)).access
    case 'an API token':
      return (await auth.apiTokens.create(ada.id, { name: 'of ada' })).token
    case "of the service's own":
      return ownToken(service)
    case "of another service's own":
      return ownToken(await partner())
    case 'of another instance':
      return (await (await exchanging(scope)).shopTokens()).access
    case 'for another service':
      return (await shopTokens({ resource: STOCK_API })).access
    case 'for the instance':
      return (await shopTokens({ resource: URL_OF_APP })).access
    case 'a refresh token':
      return (await shopTokens({}, dpop)).refresh
    case 'an ID token':
      return String((await shopTokens({}, dpop)).body.id_token)
    default:
      return (await shopTokens({}, dpop)).access
  }
}

/** Two services call each other. */
async function chained(subject: string, setting: Setting): Promise<string> {
  const { attack, app } = setting
  const both = [PARTNER_API, STOCK_API]
  const registered = { audiences: both, resources: both }
  const services = [await app.partner(registered), await app.partner(registered)]
  let token = subject
  for (let i = 0; i < (attack.before ?? 0); i++) {
    const service = services[i % 2] ?? setting.service
    const actor = { actor_token: await app.ownToken(service), resource: PARTNER_API }
    const { body } = await app.ask(service, token, {
      ...actor,
      actor_token_type: ACCESS_TOKEN,
    })
    token = body.access_token ?? ''
  }
  return token
}

async function fieldsOf(subject: string, setting: Setting): Promise<URLSearchParams> {
  const { attack } = setting
  const fields = new URLSearchParams({
    grant_type: EXCHANGE_GRANT,
    subject_token: presented(subject, attack),
    subject_token_type: ACCESS_TOKEN,
    resource: STOCK_API,
    ...(await actorOf(setting)),
  })
  for (const [name, value] of Object.entries(attack.fields ?? {})) {
    fields.delete(name)
    for (const each of [value ?? []].flat())
      fields.append(name, each.replaceAll('{subject}', subject))
  }
  return fields
}

function presented(subject: string, { text }: ExchangeAttack): string {
  if (text === undefined) return subject
  const [header = '', claims = '', signature = ''] = subject.split('.')
  return textOf(text)
    .replaceAll('{header}', header)
    .replaceAll('{claims}', claims)
    .replaceAll('{signature}', signature)
}

async function actorOf(setting: Setting) {
  const { actor } = setting.attack
  if (actor === undefined) return {}
  return { actor_token: await actorToken(actor, setting), actor_token_type: ACCESS_TOKEN }
}

function actorToken(
  actor: NonNullable<ExchangeAttack['actor']>,
  setting: Setting,
): Promise<string> {
  if (actor === 'itself') return tokenOf("of the service's own", setting)
  if (actor === 'another service') return tokenOf("of another service's own", setting)
  return tokenOf(actor, setting)
}

async function happen(
  subject: string,
  { attack, app, service, state }: Setting,
): Promise<unknown> {
  const { auth, ada, clock, shopClient } = app
  switch (attack.after) {
    case 'the session ends':
      return auth.sessions.revoke(String(claimsOf(subject).sid))
    case 'the user is deactivated':
      return auth.users.change(ada.id, { active: false })
    case 'the user is deleted':
      return auth.users.delete(ada.id)
    case 'the first application is disabled':
      return auth.clients.disable(shopClient.id)
    case 'the rule of the instance refuses the user':
      state.isRefused = true
      return undefined
    case 'four minutes':
      return clock.advance('4m')
    case 'five minutes':
      return clock.advance('5m')
    case 'the scope is taken from the service':
      return auth.clients.update(service.id, { scopes: ['posts:write'] })
    case 'the audience is taken from the service':
      return auth.clients.update(service.id, { audiences: [] })
    default:
      return undefined
  }
}

function exchange(
  fields: URLSearchParams,
  { attack, app, service }: Setting,
): Promise<HttpAnswer> {
  const { id, secret } = service
  if (secret === '') fields.set('client_id', id)
  const authorization = secret === '' ? undefined : basicOf(id, secret)
  const headers: Record<string, string> = {}
  if (attack.proof === 'of its key') headers.dpop = proofBy(KEY, app)
  if (attack.proof === 'of another key') headers.dpop = proofBy(OTHER, app)
  return app.form('/oauth/token', fields, authorization, headers)
}

/** It is of the same user and session, ends with the first one, has no scope that this lacks, and cannot be refreshed. */
function tokenFaults(
  subject: string,
  { body }: HttpAnswer,
  { attack, app, service }: Setting,
): readonly string[] {
  const before = claimsOf(subject)
  const after = claimsOf(String(body.access_token))
  const expected = {
    sub: app.ada.id,
    sid: before.sid,
    client_id: service.id,
    aud: STOCK_API,
    scope: 'posts:read',
    ...withService(attack.claims ?? {}, service),
  }
  const found = after as { readonly [name: string]: unknown }
  return [
    ...Object.entries(expected)
      .filter(([name, value]) => JSON.stringify(found[name]) !== JSON.stringify(value))
      .map(([name]) => `${name} is ${JSON.stringify(found[name])}`),
    ...(Number(after.exp) > Number(before.exp) ? ['it lasts longer'] : []),
    ...(body.refresh_token === undefined ? [] : ['it can be refreshed']),
    ...(body.id_token === undefined ? [] : ['there is an ID token']),
  ]
}

const withService = (claims: object, { id }: Credentials): Record<string, unknown> =>
  JSON.parse(JSON.stringify(claims).replaceAll('{service}', id))
