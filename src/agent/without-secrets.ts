// A guest may print what it was given, and its lines are kept on the host's disk (I8).

const patterns: readonly RegExp[] = [
  // A JIT configuration and any web token: base64 of JSON, which begins with `{"`.
  /eyJ[\w+/=.-]{60,}/g,
  // GitHub's own tokens (docs.github.com, "Token types").
  /\b(gh[opsur]_|github_pat_)\w{20,}/g,
];

/** The line with whatever looks like a credential of GitHub's replaced by `***`. */
export const withoutSecrets = (line: string): string =>
  patterns.reduce((text, pattern) => text.replaceAll(pattern, '***'), line);
