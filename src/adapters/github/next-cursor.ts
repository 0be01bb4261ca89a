/**
 * The cursor of the next page in a `Link` header, such as `<https://…?per_page=100&cursor=v1_12>; rel="next"`. Lists by cursor
 * say there where they go on, and nowhere else.
 */
export function nextCursor(link: string | undefined): string | undefined {
  const address = /<([^>]*)>\s*;[^,]*rel="next"/.exec(link ?? '')?.[1];
  if (address === undefined || !URL.canParse(address)) return undefined;
  return new URL(address).searchParams.get('cursor') ?? undefined;
}
