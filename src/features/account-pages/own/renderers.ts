import type { Html } from '../../../pages/html.ts'
import type {
  AccountData,
  AgainData,
  ChangeContactData,
  ContactCodeData,
  DeleteData,
  NewPasskeyData,
  NewTokenData,
  NewTotpData,
  OwnPageData,
  PasskeyPageData,
  RecoveryData,
  SessionsPageData,
  TokensPageData,
  TotpPageData,
} from './data.ts'
import type { OwnPage } from './own-page.ts'

type Render<Data> = (data: Data, page: OwnPage) => Html

/** The functions that make the pages of a user who is signed in. */
export interface OwnRenderers {
  readonly account: Render<AccountData>
  readonly changeContact: Render<ChangeContactData>
  readonly contactCode: Render<ContactCodeData>
  readonly newPasskey: Render<NewPasskeyData>
  readonly ownPasskey: Render<PasskeyPageData>
  readonly newTotp: Render<NewTotpData>
  readonly totp: Render<TotpPageData>
  readonly newRecoveryCodes: Render<RecoveryData>
  readonly sessions: Render<SessionsPageData>
  readonly tokens: Render<TokensPageData>
  readonly newToken: Render<NewTokenData>
  readonly exportData: Render<OwnPageData>
  readonly deleteAccount: Render<DeleteData>
  readonly again: Render<AgainData>
}
