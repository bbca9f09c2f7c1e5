import { judgeAuthorizations } from './authorization.ts'
import { judgeClientKeys } from './client-keys.ts'
import { judgeConfig } from './config.ts'
import {
  type Attack,
  type Corpus,
  isReplayed,
  type Kind,
  unreadMember,
} from './corpus.ts'
import { judgeDpop } from './dpop.ts'
import { judgeHawk } from './hawk.ts'
import { featureAwaited, judgeOverHttp } from './http.ts'
import { judgeEmail, judgeSameName } from './identity.ts'
import { judgeKey } from './key.ts'
import { judgeLogoutAddress } from './logout-address.ts'
import { judgeNext } from './next.ts'
import { judgeOtp, judgeResetMail } from './one-time-code.ts'
import { judgePushedRequest } from './pushed-request.ts'
import { judgeRegistration } from './registration.ts'
import { judgeRevocation } from './revocation.ts'
import { changedPrototypes } from './side-effects.ts'
import { judgeSignedRequest } from './signed-request.ts'
import { judgeTokens } from './token.ts'
import { judgeTokenExchange } from './token-exchange.ts'
import type { Judged, Pending, Verdict } from './verdict.ts'

/** The kinds that need no server. */
export async function replayInProcess(corpus: Corpus): Promise<Judged[]> {
  const judged: Judged[] = [...judgeTokens(attacksOf(corpus, 'token'), corpus)]
  judged.push(...attacksOf(corpus, 'key').map(judgeKey))
  judged.push(...attacksOf(corpus, 'email').map(judgeEmail))
  for (const attack of attacksOf(corpus, 'config')) judged.push(await judgeConfig(attack))
  for (const attack of attacksOf(corpus, 'revocation'))
    judged.push(await judgeRevocation(attack, corpus))
  for (const attack of attacksOf(corpus, 'same_name'))
    judged.push(await judgeSameName(attack))
  for (const attack of attacksOf(corpus, 'reset_mail'))
    judged.push(await judgeResetMail(attack))
  for (const attack of attacksOf(corpus, 'otp')) judged.push(await judgeOtp(attack))
  for (const attack of attacksOf(corpus, 'next')) judged.push(await judgeNext(attack))
  for (const attack of attacksOf(corpus, 'httpsig'))
    judged.push(await judgeSignedRequest(attack))
  for (const attack of attacksOf(corpus, 'hawk')) judged.push(await judgeHawk(attack))
  judged.push(
    ...(await judgeAuthorizations([
      ...attacksOf(corpus, 'redirect_uri'),
      ...attacksOf(corpus, 'register_redirect_uri'),
      ...attacksOf(corpus, 'pkce'),
    ])),
  )
  for (const attack of attacksOf(corpus, 'dpop')) judged.push(await judgeDpop(attack))
  for (const attack of attacksOf(corpus, 'pushed_request'))
    judged.push(await judgePushedRequest(attack))
  for (const attack of attacksOf(corpus, 'registration'))
    judged.push(await judgeRegistration(attack))
  for (const attack of attacksOf(corpus, 'logout_address'))
    judged.push(await judgeLogoutAddress(attack))
  for (const attack of attacksOf(corpus, 'client_keys'))
    judged.push(await judgeClientKeys(attack))
  for (const attack of attacksOf(corpus, 'token_exchange'))
    judged.push(await judgeTokenExchange(attack))
  const faults = changedPrototypes()
  return [
    ...judged,
    {
      id: 'afterwards',
      kind: 'all',
      reason: 'the shared prototypes are as they were',
      faults,
    },
  ]
}

/** The kinds that are sent over HTTP to server processes. */
export async function replayOverHttp(corpus: Corpus): Promise<Judged[]> {
  const attacks = [...attacksOf(corpus, 'header'), ...attacksOf(corpus, 'request')]
  const due = attacks.filter((attack) => featureAwaited(attack, corpus) === undefined)
  const waiting = attacks.flatMap((attack): Pending[] => {
    const feature = featureAwaited(attack, corpus)
    return feature === undefined ? [] : [{ id: attack.id, kind: attack.kind, feature }]
  })
  return [...(await judgeOverHttp(due, corpus)), ...waiting]
}

/** The cases of kinds that are not replayed yet. */
export const pendingKinds = ({ cases }: Corpus): Pending[] =>
  cases
    .filter(({ kind }) => !isReplayed(kind))
    .map(({ id, kind }) => ({
      id,
      kind,
      feature: 'a kind that is not known',
    }))

/** Cases with members that no code reads: none of them is replayed in part. */
export const unplayable = ({ cases }: Corpus): Verdict[] =>
  cases.flatMap((attack) => {
    if (!isReplayed(attack.kind)) return []
    const { id, kind, reason } = attack
    const member = unreadMember(attack as Attack)
    return member === undefined
      ? []
      : [{ id, kind, reason, faults: [`cannot be played: the member ${member}`] }]
  })

/** The cases of a kind that can be replayed. */
export const attacksOf = <K extends Kind>({ cases }: Corpus, kind: K): Attack<K>[] =>
  (cases as readonly Attack[]).filter(
    (attack) => attack.kind === kind && unreadMember(attack) === undefined,
  ) as unknown as Attack<K>[]
