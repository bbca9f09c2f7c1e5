/** What an application needs to make pages of its own in place of those of the package: see the option `pages.render`. */

export type { PageOptions } from './features/account-pages/options.ts'
export { accountView } from './features/account-pages/own/account-view.ts'
export { againView } from './features/account-pages/own/again-view.ts'
export {
  changeContactView,
  contactCodeView,
} from './features/account-pages/own/contact-view.ts'
export type * from './features/account-pages/own/data.ts'
export { deleteView, exportView } from './features/account-pages/own/data-view.ts'
export {
  newTotpView,
  recoveryView,
  totpView,
} from './features/account-pages/own/factors-view.ts'
export type { OwnPage } from './features/account-pages/own/own-page.ts'
export {
  newPasskeyView,
  passkeyView,
} from './features/account-pages/own/passkeys-view.ts'
export { sessionsView } from './features/account-pages/own/sessions-view.ts'
export { newTokenView, tokensView } from './features/account-pages/own/tokens-view.ts'
export type { PageRenderers, Render } from './features/account-pages/renderers.ts'
export {
  renderRecoveryCodes,
  renderResetPassword,
  renderSecondFactor,
  renderSetUp,
  renderSignUp,
} from './features/account-pages/sign-in/account-views.ts'
export type * from './features/account-pages/sign-in/data.ts'
export {
  renderCodeRequest,
  renderContinue,
  renderEnterCode,
  renderForgotPassword,
  renderLink,
  renderMessage,
  renderPasskey,
  renderSignIn,
} from './features/account-pages/sign-in/views.ts'
export type {
  AccountSection,
  SignInButton,
} from './features/page-hooks.ts'
export type { PageTexts } from './features/pages/texts/page-texts.ts'
export {
  button,
  checkbox,
  errorSummary,
  type FieldErrors,
  field,
  form,
  hidden,
  notice,
  select,
} from './pages/components.ts'
export type { PageContext, Site, SiteLink } from './pages/context.ts'
export {
  accountPage,
  type FramedParts,
  type MenuItem,
  type PageParts,
  taskPage,
} from './pages/document.ts'
export { defaultErrorPage, type ErrorData, type Retry } from './pages/error-page.ts'
export { type Html, type HtmlValue, html } from './pages/html.ts'
export { nextPath } from './pages/next-path.ts'
