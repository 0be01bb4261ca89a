import { describe, expect, it } from 'vitest';
import { Masker } from './masker.ts';
import { CommandReader } from './workflow-commands.ts';

describe('what a step prints', () => {
  it('is read for commands, and shown as the real runner shows it', () => {
    const reader = new CommandReader(new Masker());
    const shown = ['plain', '::group::a title', '::endgroup::', '::debug::quiet', 'a::error::b'].map((line) =>
      reader.read(line),
    );
    expect(shown).toEqual(['plain', '##[group]a title', '##[endgroup]', undefined, 'a::error::b']);
  });

  it('may carry annotations', () => {
    const reader = new CommandReader(new Masker());
    expect(reader.read('::error file=a.ts,line=1::broken%0Atwice')).toBe('##[error]broken\ntwice');
    expect(reader.read('::set-output name=a::b')).toContain('environment files');
    expect(reader.annotations.map(({ level }) => level)).toEqual(['failure', 'warning']);
  });

  it('is not read between stop-commands and its token', () => {
    const reader = new CommandReader(new Masker());
    reader.read('::stop-commands::pause');
    expect(reader.read('::error::x')).toBe('::error::x');
    reader.read('::pause::');
    expect(reader.read('::error::x')).toBe('##[error]x');
  });

  it('loses its secrets, the longer ones first, each line of them', () => {
    const masker = new Masker();
    const reader = new CommandReader(masker);
    masker.add('abc');
    reader.read('::add-mask::abcdef');
    masker.add('first line\nsecond line');
    masker.add('');
    expect(masker.mask('abcdef abc second line x')).toBe('*** *** *** x');
    expect([masker.covers('xabcx'), masker.covers('x')]).toEqual([true, false]);
  });
});
