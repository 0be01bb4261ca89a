/** proc(5), /proc/net/dev: receive and send, eight numbers each, the bytes first. */
export function devicesIn(text: string): { name: string; receivedBytes: number; sentBytes: number }[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', numbers] = line.split(':');
    if (numbers === undefined) return [];
    const values = numbers.trim().split(/ +/).map(Number);
    return [{ name: name.trim(), receivedBytes: values[0] ?? 0, sentBytes: values[8] ?? 0 }];
  });
}
