import type { SignInButton } from '../../page-hooks.ts'
import type { Visit } from '../../pages/visit.ts'
import { nextOf, pathWithNext } from './flow.ts'
import { KEY_ICON, MAIL_ICON } from './icons.ts'
import { waysOf } from './ways.ts'

/** The ways to sign in beside the password: those of the package, and then those of features. */
export const signInButtons = async (visit: Visit): Promise<readonly SignInButton[]> => [
  ...ownButtons(visit),
  ...(await addedButtons(visit)),
]

/** Those of features, which create accounts, too. */
export const addedButtons = (visit: Visit): Promise<readonly SignInButton[]> => {
  const { core, request, language, accountPath } = visit
  return core.signInButtons({ request, language, accountPath, next: nextOf(visit) })
}

function ownButtons(visit: Visit): readonly SignInButton[] {
  const { signIn, codeRequest } = visit.texts
  const ways = waysOf(visit.core)
  const mailText = { link: signIn.link, digits: signIn.code }[ways.form]
  const all = [
    { name: 'passkey', text: signIn.passkey, icon: KEY_ICON },
    { name: 'mail', text: mailText, icon: MAIL_ICON },
    { name: 'phone', text: codeRequest.phoneTitle },
  ] as const
  return all
    .filter(({ name }) => ways[name])
    .map((each) => ({ ...each, href: pathWithNext(visit, `/sign-in/${each.name}/`) }))
}
