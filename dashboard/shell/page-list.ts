// The pages, in the order of the navigation, with the keys that lead to them.

export interface PageEntry {
  path: string;
  title: string;
  /** Pressed after `g`. */
  letter: string;
  group: 'Now' | 'Over time' | 'System';
}

export const pageList: readonly PageEntry[] = [
  { path: '/queue', title: 'Queue', letter: 'q', group: 'Now' },
  { path: '/hosts', title: 'Hosts', letter: 'h', group: 'Now' },
  { path: '/repairs', title: 'Repairs', letter: 'r', group: 'System' },
  { path: '/set-up', title: 'Set up', letter: 'u', group: 'System' },
];
