// The pages, in the order of the navigation, with the keys that lead to them.

export interface PageEntry {
  path: string;
  title: string;
  /** Pressed after `g`. */
  letter: string;
  group: 'Now' | 'Over time' | 'System';
}

export const pageList: readonly PageEntry[] = [
  { path: '/', title: 'Today', letter: 't', group: 'Now' },
  { path: '/queue', title: 'Queue', letter: 'q', group: 'Now' },
  { path: '/hosts', title: 'Hosts', letter: 'h', group: 'Now' },
  { path: '/is-it-us', title: 'Is it us?', letter: 'w', group: 'Now' },
  { path: '/insights', title: 'Insights', letter: 'i', group: 'Over time' },
  { path: '/slower', title: 'Slower jobs', letter: 's', group: 'Over time' },
  { path: '/repairs', title: 'Repairs', letter: 'r', group: 'System' },
  { path: '/set-up', title: 'Set up', letter: 'u', group: 'System' },
];
