// The archive that Linux unpacks as its first file system (Linux, Documentation/driver-api/early-userspace/
// buffer-format.rst, "newc"). Made here rather than by cpio(1), since device nodes then need no root.

export type CpioEntry =
  | { kind: 'folder'; path: string }
  | { kind: 'file'; path: string; mode: number; content: Uint8Array }
  | { kind: 'link'; path: string; target: string }
  | { kind: 'character-device'; path: string; major: number; minor: number };

const encoder = new TextEncoder();

/** Paths are relative and parents come first. The same entries give the same bytes: all times are 0, all owners root. */
export function cpioArchive(entries: readonly CpioEntry[]): Uint8Array {
  const parts = entries.map((entry, index) => member(entry, index + 1));
  parts.push(record('TRAILER!!!', { inode: 0, mode: 0, links: 1 }, new Uint8Array()));
  return joined(parts);
}

function member(entry: CpioEntry, inode: number): Uint8Array {
  switch (entry.kind) {
    case 'folder':
      return record(entry.path, { inode, mode: 0o040755, links: 2 }, new Uint8Array());
    case 'file':
      return record(entry.path, { inode, mode: 0o100000 | entry.mode, links: 1 }, entry.content);
    case 'link':
      return record(entry.path, { inode, mode: 0o120777, links: 1 }, encoder.encode(entry.target));
    case 'character-device': {
      const { major, minor } = entry;
      return record(entry.path, { inode, mode: 0o020600, links: 1, major, minor }, new Uint8Array());
    }
  }
}

type Header = { inode: number; mode: number; links: number; major?: number; minor?: number };

function record(path: string, header: Header, content: Uint8Array): Uint8Array {
  const name = encoder.encode(`${path}\0`);
  const fields = [header.inode, header.mode, 0, 0, header.links, 0, content.length, 0, 0];
  fields.push(header.major ?? 0, header.minor ?? 0, name.length, 0);
  const head = encoder.encode(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return joined([padded(joined([head, name])), padded(content)]);
}

function padded(bytes: Uint8Array): Uint8Array {
  return joined([bytes, new Uint8Array((4 - (bytes.length % 4)) % 4)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
