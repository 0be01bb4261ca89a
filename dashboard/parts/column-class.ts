/** The class of a column's cells. */
export const classOf = ({ isNumber, wideOnly }: { isNumber?: boolean; wideOnly?: boolean }): string =>
  [isNumber && 'number', wideOnly && 'wide-only'].filter(Boolean).join(' ');
