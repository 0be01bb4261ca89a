/** What a token for our API lets its bearer do: `read` what its maker sees, `operate` also changes things. */
export const tokenScopes = ['read', 'operate'] as const;
export type TokenScope = (typeof tokenScopes)[number];
