import '../base/node-version.ts'

export {
  allowAny,
  has,
  hasRole,
  hasScope,
  isAuthenticated,
  isReadOnly,
  isStaff,
} from './basic-permissions.ts'
export { allOf, anyOf, not } from './compose.ts'
export { type Decision, denied, granted } from './decision.ts'
export {
  type ByMethod,
  modelMap,
  modelPermissions,
  modelPermissionsOrAnonReadOnly,
  objectPermissions,
} from './model-permissions.ts'
export type { Principal } from './permission.ts'
export {
  type Permission,
  type PermissionContext,
  type SignedIn,
  signedIn,
} from './permission.ts'
