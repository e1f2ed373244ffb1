/** A ustar archive; names that end in '/' are folders. */
export function tar(files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const [path, content] of files) {
    const header = new Uint8Array(512);
    const put = (text: string, at: number): void => header.set(new TextEncoder().encode(text), at);
    const cut = path.length > 100 ? path.indexOf('/') : -1;
    put(path.slice(cut + 1), 0);
    if (cut > 0) put(path.slice(0, cut), 345);
    put('0000644\0', 100);
    put(content.length.toString(8).padStart(11, '0'), 124);
    put('        ', 148);
    header[156] = path.endsWith('/') ? 0x35 : 0x30;
    put('ustar\0' + '00', 257);
    const sum = header.reduce((a, b) => a + b, 0);
    put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const body = new Uint8Array(Math.ceil(content.length / 512) * 512);
    body.set(content);
    blocks.push(header, body);
  }
  blocks.push(new Uint8Array(1024));
  return new Uint8Array(Buffer.concat(blocks));
}
