// Whether GitHub's status page is heard as the witness that it is: late, often silent, and about something else at times.

import { describe, expect, it } from 'vitest';
import { type Instant, instantOf, minutes } from '../time.ts';
import { aheadMs, crossCheck, isChecked, sentenceOf } from './cross-check.ts';
import {
  afterReading,
  type FeedState,
  nextReadMs,
  noFeed,
  openTroubles,
  type StatusReading,
} from './feed-state.ts';
import { neededBy, neededComponents, type StatusPage, troublesOn } from './page.ts';

const at = (minute: number): Instant => instantOf(Date.UTC(2026, 0, 1) + minutes(minute));
const page = (broken: Record<string, string>, incidents: StatusPage['incidents'] = []): StatusReading => ({
  kind: 'page',
  page: {
    components: ['Actions', 'Webhooks', 'API Requests', 'Copilot', 'Git Operations'].map((name) => ({
      name,
      status: broken[name] ?? 'operational',
    })),
    incidents,
  },
});
const fine = page({});
const down: StatusReading = { kind: 'unreachable', why: 'ENOTFOUND' };

/** The state after readings at these minutes. */
const readings = (...all: readonly (readonly [number, StatusReading])[]): FeedState =>
  all.reduce((state, [minute, reading]) => afterReading(state, reading, at(minute)), noFeed);

const incident = { owner: 'github-delivery', since: at(10), openedAt: at(12) } as const;

describe('an incident of GitHub', () => {
  it('is the same as what the page tells, and we know who was first', () => {
    const feed = readings([9, fine], [20, page({ Webhooks: 'major_outage' })]);
    const githubStatus = crossCheck(incident, feed, at(20));
    expect(githubStatus).toMatchObject({ says: 'same', toldAt: at(20) });
    expect(aheadMs({ ...incident, githubStatus }, at(30))).toBe(minutes(8));
    expect(sentenceOf({ ...incident, githubStatus }, at(30))).toBe(
      "GitHub's status page says the same (Webhooks: major outage); we saw it 8 minutes before.",
    );
  });

  it('may have been told by the page first, by the time of its own incident', () => {
    const posted = { title: 'Webhooks are late', impact: 'major', postedAt: at(5), components: ['Webhooks'] };
    const feed = readings([13, page({}, [{ ...posted, url: 'https://stspg.io/x' }])]);
    const githubStatus = crossCheck(incident, feed, at(13));
    expect(githubStatus?.troubles).toEqual([
      {
        ...{ component: 'Webhooks', status: 'major', toldAt: at(5) },
        ...{ title: 'Webhooks are late', url: 'https://stspg.io/x' },
      },
    ]);
    expect(sentenceOf({ ...incident, githubStatus }, at(13))).toContain('it did 7 minutes before us');
  });

  it('is one of which the page says nothing, for as long as it is read and says nothing', () => {
    const githubStatus = crossCheck(incident, readings([9, fine], [13, fine]), at(13));
    expect(githubStatus).toEqual({ says: 'nothing', troubles: [] });
    const open = { ...incident, githubStatus };
    expect(aheadMs(open, at(17))).toBe(minutes(5));
    expect(sentenceOf(open, at(17))).toContain('nothing of it yet; we saw it 5 minutes ago');
    expect(sentenceOf({ ...open, closedAt: at(20) }, at(90))).toContain('said nothing of it');
  });

  it('is not contradicted by what was read before it opened, nor long before it ended', () => {
    const unreachable = { says: 'unreachable', troubles: [], why: 'ENOTFOUND' };
    expect(crossCheck(incident, readings([11, fine], [13, down]), at(13))).toEqual(unreachable);
    expect(crossCheck(incident, readings([13, fine], [20, down]), at(20))?.says).toBe('nothing');
    expect(crossCheck(incident, readings([13, fine], [40, down]), at(40))?.says).toBe('unreachable');
    expect(crossCheck(incident, noFeed, at(13))?.says).toBe('unreachable');
  });

  it('may be told after its end, as long as it can still be about that', () => {
    const over = { ...incident, closedAt: at(25) };
    const late = (minute: number) =>
      crossCheck(over, readings([20, fine], [minute, page({ Actions: 'partial_outage' })]), at(minute))?.says;
    expect(late(50)).toBe('same');
    expect(late(56)).toBe('nothing');
  });

  it('is not what was over long before, nor what is wrong elsewhere', () => {
    const old = readings([-60, page({ Webhooks: 'major_outage' })], [-30, fine], [13, fine]);
    expect(crossCheck(incident, old, at(13))?.says).toBe('nothing');
    const other = readings([13, page({ Copilot: 'major_outage', 'API Requests': 'degraded_performance' })]);
    expect(crossCheck(incident, other, at(13))?.says).toBe('nothing');
    expect(crossCheck({ ...incident, owner: 'github-api' }, other, at(13))?.says).toBe('same');
  });

  it('stays the same when the page has forgotten it', () => {
    const githubStatus = crossCheck(incident, readings([13, page({ Webhooks: 'major_outage' })]), at(13));
    expect(crossCheck({ ...incident, githubStatus }, noFeed, at(14))).toBe(githubStatus);
  });
});

describe('what is said of an incident', () => {
  const trouble = { component: 'Actions', status: 'major_outage', toldAt: at(10) };
  const says = (toldAfterMs: number) =>
    sentenceOf(
      {
        ...incident,
        githubStatus: {
          says: 'same',
          toldAt: instantOf(incident.openedAt + toldAfterMs),
          troubles: [trouble],
        },
      },
      at(60),
    );

  it('is who was first, to the minute', () => {
    expect(says(minutes(1))).toContain('; we saw it a minute before.');
    expect(says(minutes(1) - 1)).toContain('; at the same time as we saw it.');
    expect(says(1 - minutes(1))).toContain('; at the same time as we saw it.');
    expect(says(-minutes(1))).toContain('; it did a minute before us.');
    expect(says(-minutes(2))).toContain('; it did 2 minutes before us.');
  });

  it('is that the page could not be read, and why', () => {
    const unread = { says: 'unreachable', troubles: [] } as const;
    const sentence = (why?: string) =>
      sentenceOf({ ...incident, githubStatus: { ...unread, ...(why !== undefined && { why }) } }, at(60));
    expect(sentence('ENOTFOUND')).toBe("GitHub's status page could not be read: ENOTFOUND.");
    expect(sentence()).toBe("GitHub's status page could not be read.");
  });

  it('is nothing where the page is no witness', () => {
    expect(sentenceOf(incident, at(60))).toBeUndefined();
    expect(aheadMs(incident, at(60))).toBeUndefined();
    const meanwhile = { says: 'meanwhile', toldAt: at(10), troubles: [trouble] } as const;
    expect(aheadMs({ ...incident, githubStatus: meanwhile }, at(60))).toBeUndefined();
    const undated = { says: 'same', troubles: [trouble] } as const;
    expect(aheadMs({ ...incident, githubStatus: undated }, at(60))).toBeUndefined();
    const nothing = { says: 'nothing', troubles: [] } as const;
    expect(aheadMs({ ...incident, closedAt: at(20), githubStatus: nothing }, at(60))).toBe(minutes(8));
    expect(sentenceOf({ ...incident, closedAt: at(20), githubStatus: nothing }, at(60))).toBe(
      "GitHub's status page said nothing of it.",
    );
  });

  it('names all that is broken', () => {
    const troubles = [trouble, { ...trouble, component: 'Webhooks', status: 'minor' }];
    const githubStatus = { says: 'meanwhile', toldAt: at(10), troubles } as const;
    expect(sentenceOf({ ...incident, githubStatus }, at(60))).toBe(
      "GitHub's status page tells of trouble at that time (Actions: major outage, Webhooks: minor).",
    );
  });
});

describe('holding an incident against the page', () => {
  it('goes on for half an hour after its end', () => {
    expect(isChecked({}, at(9999))).toBe(true);
    expect(isChecked({ closedAt: at(20) }, at(50))).toBe(true);
    expect(isChecked({ closedAt: at(20) }, at(51))).toBe(false);
  });

  it('goes by what was told first', () => {
    const feed = readings([13, page({ Webhooks: 'x' })], [15, page({ Webhooks: 'x', Actions: 'y' })]);
    const backwards = { ...feed, troubles: feed.troubles.toReversed() };
    expect(feed.troubles).toHaveLength(2);
    expect(crossCheck(incident, feed, at(15))?.toldAt).toBe(at(13));
    expect(crossCheck(incident, backwards, at(15))?.toldAt).toBe(at(13));
  });

  it('keeps what was said of somebody else’s when the page has forgotten it', () => {
    const githubStatus = { says: 'meanwhile', troubles: [] } as const;
    expect(crossCheck({ ...incident, owner: 'bellows', githubStatus }, noFeed, at(14))).toBe(githubStatus);
  });

  it('says nothing again when it was silent before, and not that it could not be read', () => {
    const nothing = { says: 'nothing', troubles: [] } as const;
    expect(crossCheck({ ...incident, githubStatus: nothing }, noFeed, at(14))).toStrictEqual({
      says: 'unreachable',
      troubles: [],
    });
    expect(crossCheck(incident, readings([12, fine]), at(12))?.says).toBe('nothing');
    expect(crossCheck(incident, readings([25, fine]), at(40))?.says).toBe('nothing');
    expect(crossCheck(incident, readings([24, fine]), at(40))?.says).toBe('unreachable');
  });

  it('takes what was over ten minutes before for its cause, and not what was over longer', () => {
    const endedAt = (minute: number) =>
      crossCheck(incident, readings([-60, page({ Webhooks: 'x' })], [minute, fine], [13, fine]), at(13))
        ?.says;
    expect(endedAt(0)).toBe('same');
    expect(endedAt(-1)).toBe('nothing');
    expect(endedAt(5)).toBe('same');
  });
});

describe('the page', () => {
  const well = { name: 'Actions', status: 'operational' };
  const posted = { title: 'Late', impact: 'minor', components: ['Actions'] };

  it('is read for what somebody here needs', () => {
    expect(neededComponents).toEqual(['API Requests', 'Actions', 'Git Operations', 'Packages', 'Webhooks']);
    expect(neededBy).toEqual({
      'github-delivery': ['Webhooks', 'Actions'],
      'github-api': ['API Requests', 'Actions'],
      'github-assignment': ['Actions'],
      bellows: ['API Requests', 'Webhooks', 'Actions'],
      fleet: ['Actions', 'Webhooks'],
      host: [],
      network: ['Actions', 'API Requests'],
      workflow: ['Actions', 'API Requests', 'Git Operations', 'Packages'],
    });
  });

  it('tells nothing where all is well, or it has not that component', () => {
    expect(troublesOn({ components: [well], incidents: [] })).toEqual([]);
    expect(troublesOn({ components: [], incidents: [{ ...posted, impact: 'none' }] })).toEqual([]);
  });

  it('tells what the component says, or its incident while the component is still called well', () => {
    const broken = { ...well, status: 'partial_outage' };
    expect(troublesOn({ components: [broken], incidents: [] })).toStrictEqual([
      { component: 'Actions', status: 'partial_outage' },
    ]);
    expect(troublesOn({ components: [broken], incidents: [posted] })).toStrictEqual([
      { component: 'Actions', status: 'partial_outage', title: 'Late' },
    ]);
    const full = { ...posted, postedAt: at(1), url: 'https://stspg.io/x' };
    expect(troublesOn({ components: [well], incidents: [full] })).toStrictEqual([
      { component: 'Actions', status: 'minor', title: 'Late', postedAt: at(1), url: 'https://stspg.io/x' },
    ]);
  });
});

describe('an incident of somebody else', () => {
  const broken = readings([11, page({ Actions: 'partial_outage' })]);

  it('is noted when the page tells of trouble in what it needs', () => {
    const ours = { ...incident, owner: 'bellows' } as const;
    const githubStatus = crossCheck(ours, broken, at(13));
    expect(githubStatus?.says).toBe('meanwhile');
    expect(sentenceOf({ ...ours, githubStatus }, at(13))).toBe(
      "GitHub's status page tells of trouble at that time (Actions: partial outage).",
    );
  });

  it('is not when all is well there, when it needs nothing of GitHub, or when that came later', () => {
    expect(crossCheck({ ...incident, owner: 'bellows' }, readings([13, fine]), at(13))).toBeUndefined();
    expect(crossCheck({ ...incident, owner: 'bellows' }, readings([13, down]), at(13))).toBeUndefined();
    expect(crossCheck({ ...incident, owner: 'host' }, broken, at(13))).toBeUndefined();
    const before = { ...incident, owner: 'workflow', closedAt: at(14) } as const;
    expect(crossCheck(before, readings([16, page({ Actions: 'x' })]), at(16))).toBeUndefined();
  });
});

describe('what is remembered of the page', () => {
  it('knows when trouble was first told and when it was gone, whatever it was called meanwhile', () => {
    const feed = readings(
      [0, page({ Actions: 'degraded_performance' })],
      [5, down],
      [6, page({ Actions: 'major_outage' })],
      [9, fine],
    );
    expect(feed.troubles).toEqual([
      { component: 'Actions', status: 'major_outage', toldAt: at(0), endedAt: at(9) },
    ]);
    expect(feed).toMatchObject({ readAt: at(9), failures: 0 });
    expect(afterReading(feed, fine, at(9 + 4 * 24 * 60)).troubles).toEqual([]);
  });

  it('tells what is open, and forgets what ended three days ago', () => {
    const feed = readings([0, page({ Actions: 'x', Webhooks: 'y' })], [9, page({ Webhooks: 'y' })]);
    expect(openTroubles(feed).map(({ component }) => component)).toEqual(['Webhooks']);
    const days3 = 3 * 24 * 60;
    const later = (minute: number) => afterReading(feed, page({ Webhooks: 'y' }), at(minute)).troubles.length;
    expect([later(9 + days3 - 1), later(9 + days3)]).toEqual([2, 1]);
  });

  it('does not believe that something was posted after it was read, and keeps its title and address', () => {
    const posted = { title: 'Late', impact: 'minor', components: ['Actions'] };
    const read = (more: object) => readings([5, page({}, [{ ...posted, ...more }])]).troubles;
    expect(read({ postedAt: at(6) })[0]?.toldAt).toBe(at(5));
    expect(read({ postedAt: at(4), url: 'https://stspg.io/x' })).toStrictEqual([
      { component: 'Actions', status: 'minor', toldAt: at(4), title: 'Late', url: 'https://stspg.io/x' },
    ]);
    expect(read({})).toStrictEqual([{ component: 'Actions', status: 'minor', toldAt: at(5), title: 'Late' }]);
    expect(readings([5, page({ Actions: 'x' })]).troubles).toStrictEqual([
      { component: 'Actions', status: 'x', toldAt: at(5) },
    ]);
  });

  it('reads more often while something is wrong, and rarely what cannot be read', () => {
    expect(nextReadMs(readings([0, fine]), false)).toBe(minutes(5));
    expect(nextReadMs(readings([0, fine]), true)).toBe(minutes(1));
    expect(nextReadMs(readings([0, page({ Actions: 'x' })]), false)).toBe(minutes(1));
    const fails = Array.from({ length: 9 }, (_, minute) => [minute, down] as const);
    expect(nextReadMs(readings(...fails.slice(0, 1)), false)).toBe(minutes(1));
    expect(nextReadMs(readings(...fails), false)).toBe(minutes(10));
    expect(nextReadMs(readings(...fails), true)).toBe(minutes(5));
  });
});
