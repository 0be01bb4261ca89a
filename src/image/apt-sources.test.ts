import { describe, expect, it } from 'vitest';
import { distributionSources } from './apt-sources.ts';

const debian = {
  path: '/etc/apt/sources.list.d/debian.sources',
  content: `Types: deb deb-src
# the company's mirror
URIs: https://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb-src
URIs: https://mirror.example/debian
Suites: bookworm

Enabled: no
Types: deb
URIs: https://mirror.example/old
Suites: bookworm
`,
};

describe("the host's Debian sources", () => {
  it('are taken from the deb822 form, with their key, less sources of source code', () => {
    expect(distributionSources([debian], 'bookworm')).toBe(`types: deb
uris: https://mirror.example/debian
suites: bookworm bookworm-updates
components: main
signed-by: 
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
`);
  });

  it('are taken from one-line entries, with their options', () => {
    const content = `# deb http://old.example bookworm main
deb [arch=amd64,arm64 signed-by=/k.gpg] http://m.example/debian bookworm-security main contrib # security
`;
    expect(distributionSources([{ path: '/etc/apt/sources.list', content }], 'bookworm')).toBe(`types: deb
uris: http://m.example/debian
suites: bookworm-security
components: main contrib
architectures: amd64 arm64
signed-by: /k.gpg
`);
  });

  it('do not hold what third parties offer', () => {
    const content =
      'deb https://packages.example/apt cloud-sdk-bookworm main\ndeb https://node.example nodistro main\n';
    expect(distributionSources([{ path: '/etc/apt/sources.list', content }], 'bookworm')).toBeUndefined();
  });
});
