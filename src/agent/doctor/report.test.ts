import { describe, expect, it } from 'vitest';
import { type CanaryReport, noCanary } from './canary.ts';
import { canaryFindings } from './canary-findings.ts';
import type { Finding, Severity } from './check.ts';
import { plan } from './planted-host.fixture.ts';
import { printChecks } from './print-checks.ts';
import { reportText } from './report-text.ts';

const ok: CanaryReport = {
  outcome: 'ok',
  reason: '',
  phases: { image: 3, start: 40, boot: 900, total: 12_345 },
  reached: [{ host: 'api.github.com', foundMs: 12, connectedMs: 48, why: '' }],
};
const finding = (id: string, severity: Severity): Finding => ({
  id,
  group: id === 'smt' ? 'processor' : 'network',
  title: `all is well with ${id}`,
  severity,
  found: `what was seen of ${id}`,
  means: severity === 'failure' ? 'It is bad.' : '',
  mend: severity === 'failure' ? 'mend it' : '',
});
const severities = (report: CanaryReport, others: Finding[] = [], network: 'tap' | 'restricted' = 'tap') =>
  canaryFindings(report, { ...plan, network }, others).map(({ severity }) => severity);

describe("a canary's report", () => {
  it('says how long it took and what it reached', () => {
    expect(canaryFindings(ok, plan, [])).toMatchObject([
      { id: 'canary', severity: 'ok', found: 'in 12.3 s' },
      { id: 'guest-dns', severity: 'ok', found: 'api.github.com in 12 ms' },
      { id: 'guest-github', severity: 'ok', found: 'api.github.com in 48 ms' },
    ]);
  });

  it('blames the network of VMs only for what the host itself reaches', () => {
    const cut = { ...ok, reached: [{ host: 'api.github.com', foundMs: 12, why: 'no answer' }] };
    expect(severities(cut, [finding('github', 'ok')])).toEqual(['ok', 'ok', 'failure']);
    expect(severities(cut, [finding('github', 'warning')])).toEqual(['ok', 'ok', 'warning']);
    const lost = { ...ok, reached: [{ host: 'api.github.com', why: 'no such name' }] };
    expect(severities(lost, [finding('dns', 'ok'), finding('github', 'ok')])).toEqual([
      'ok',
      'failure',
      'failure',
    ]);
  });

  it('claims nothing that nobody has seen', () => {
    expect(severities(noCanary('there is no image'))).toEqual(['skipped', 'skipped', 'skipped']);
    expect(severities(ok, [], 'restricted')).toEqual(['ok', 'skipped', 'skipped']);
    expect(severities({ ...ok, reached: undefined })).toEqual(['ok', 'skipped', 'skipped']);
    const failed: CanaryReport = { outcome: 'failed', reason: 'disk full', phases: {}, reached: undefined };
    expect(severities(failed)).toEqual(['failure', 'skipped', 'skipped']);
  });

  it('warns of a boot that hung', () => {
    const again = { ...ok, phases: { ...ok.phases, 'boot-again': 30_000 } };
    expect(canaryFindings(again, plan, [])[0]).toMatchObject({
      severity: 'warning',
      found: 'in 12.3 s, of which its first boot took 30 s and hung',
    });
  });
});

describe('the report', () => {
  const findings = [finding('smt', 'ok'), finding('dns', 'failure'), finding('tun', 'skipped')];

  it('has a line for each check, and details only of what is wrong', () => {
    expect(reportText(findings, ok, { verbose: false, colour: false })).toBe(
      [
        'processor',
        '  ok       all is well with smt',
        '',
        'network',
        '  FAILURE  all is well with dns — no: what was seen of dns',
        '           It is bad.',
        '           → mend it',
        '  skipped  all is well with tun — not known: what was seen of tun',
        '',
        "The canary's phases, in ms: image 3, start 40, boot 900, total 12345",
        '',
        'This host is not fit for jobs: 1 failed, 0 with a warning, 1 skipped, 1 well.',
      ].join('\n'),
    );
  });

  it('tells all when asked', () => {
    const text = reportText([finding('smt', 'ok')], undefined, { verbose: true, colour: false });
    expect(text).toContain('ok       all is well with smt: what was seen of smt');
    expect(text).toContain('This host can run jobs: 0 failed');
  });

  it('has colours only where they are wanted', () => {
    expect(reportText(findings, ok, { verbose: false, colour: true })).toContain(
      '\u001b[31mFAILURE\u001b[0m',
    );
    expect(reportText(findings, ok, { verbose: false, colour: false })).not.toContain('\u001b');
  });
});

it('the page of checks has a row for each, the canary too', () => {
  const page = printChecks();
  expect(page).toContain('### canary');
  for (const id of ['kvm', 'ksm', 'images', 'firewall', 'control-plane', 'canary', 'guest-github'])
    expect(page).toContain(`| \`${id}\` |`);
});
