import type { PageContext } from '../../pages/context.ts'
import type { RenderError } from '../../pages/error-page.ts'
import type { Html } from '../../pages/html.ts'
import type { PageTexts } from '../pages/texts/page-texts.ts'
import type { OwnRenderers } from './own/renderers.ts'
import type {
  CodeRequestData,
  ContinueData,
  EnterCodeData,
  ForgotPasswordData,
  LinkData,
  MessageData,
  PasskeyData,
  RecoveryCodesData,
  ResetPasswordData,
  SecondFactorData,
  SetUpData,
  SignInData,
  SignUpData,
} from './sign-in/data.ts'

/** Makes a whole page of its data. */
export type Render<Data> = (data: Data, page: PageContext<PageTexts>) => Html

/** The functions that make the pages of signing in. */
export interface SignInRenderers {
  readonly error: RenderError
  readonly signIn: Render<SignInData>
  /** Asks the device for a passkey: as the first step, or as the second. */
  readonly passkey: Render<PasskeyData>
  /** Asks where to send a link or a code. */
  readonly codeRequest: Render<CodeRequestData>
  readonly enterCode: Render<EnterCodeData>
  /** A link of a mail, which a button redeems. */
  readonly link: Render<LinkData>
  /** One sentence: a mail was sent, signed out, deleted and so on. */
  readonly message: Render<MessageData>
  readonly secondFactor: Render<SecondFactorData>
  readonly setUp: Render<SetUpData>
  readonly recoveryCodes: Render<RecoveryCodesData>
  readonly signUp: Render<SignUpData>
  readonly forgotPassword: Render<ForgotPasswordData>
  readonly resetPassword: Render<ResetPasswordData>
  readonly continue: Render<ContinueData>
}

/** The functions that make the pages. An application may replace each: `pages: { render: { signIn: (data, page) => … } }`. */
export interface PageRenderers extends SignInRenderers, OwnRenderers {}
