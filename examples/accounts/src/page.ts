import './style.css'
import { account } from './account.ts'
import { ApiError, isSignedIn } from './api.ts'
import { link, paragraph, show } from './elements.ts'
import { activate, forgotPassword, resetPassword, signIn, signUp } from './signing-in.ts'

/** Pages by path. Those below `/account/` are where mails link to. */
const PAGES: Readonly<Record<string, (token: string) => void | Promise<void>>> = {
  '/': ownPage,
  '/sign-in/': signIn,
  '/sign-up/': signUp,
  '/forgot/': forgotPassword,
  '/account/activate/': activate,
  '/account/verify/': activate,
  '/account/reset-password/': resetPassword,
}

async function ownPage(): Promise<void> {
  if (!isSignedIn()) return signIn()
  try {
    await account()
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error
    signIn()
  }
}

const notFound = (): void => show('Not found', paragraph(link('/', 'To the first page')))

const { pathname, search } = location
const token = new URLSearchParams(search).get('token') ?? ''
// The token stays out of the history.
if (token !== '') history.replaceState(null, '', pathname)
try {
  await (PAGES[pathname] ?? notFound)(token)
} catch (error) {
  show('That did not work', paragraph(error instanceof Error ? error.message : ''))
}
