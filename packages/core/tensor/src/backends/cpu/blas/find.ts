/** What TRELLIS_BLAS says: a library's path or name, `none`, or nothing. */
export function wantedLibrary(): string | undefined {
  const wanted = process.env['TRELLIS_BLAS'];
  return wanted === undefined || wanted === '' ? undefined : wanted;
}

const LIBRARIES: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['libopenblas.so.0', 'libopenblas.so', 'libmkl_rt.so', 'libmkl_rt.so.2', 'libmkl_rt.so.1'],
  darwin: [
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
    '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
    '/usr/local/opt/openblas/lib/libopenblas.dylib',
  ],
  win32: ['openblas.dll', 'libopenblas.dll', 'mkl_rt.2.dll', 'mkl_rt.1.dll', 'mkl_rt.dll'],
};

/** Where a BLAS may lie on this system, best first. Names without a folder are for the system's own search. */
export function candidates(platform: NodeJS.Platform = process.platform): readonly string[] {
  return LIBRARIES[platform] ?? LIBRARIES.linux!;
}

/** The one command that installs a BLAS here. */
export function installCommand(platform: NodeJS.Platform = process.platform, release = osRelease()): string {
  if (platform === 'darwin') return 'nothing to install: macOS has Accelerate';
  if (platform === 'win32')
    return 'conda install -c conda-forge libopenblas (then set TRELLIS_BLAS to its openblas.dll)';
  if (/^ID(_LIKE)?=.*(fedora|rhel|centos)/m.test(release)) return 'dnf install openblas';
  if (/^ID(_LIKE)?=.*(arch)/m.test(release)) return 'pacman -S openblas';
  if (/^ID(_LIKE)?=.*(suse)/m.test(release)) return 'zypper install libopenblas0';
  if (/^ID(_LIKE)?=.*(alpine)/m.test(release)) return 'apk add openblas';
  return 'apt-get install libopenblas0';
}

/** What Linux distributions say of themselves (man os-release); empty elsewhere. */
function osRelease(): string {
  return readText('/etc/os-release');
}

/** A file's text, or nothing where it cannot be read. */
export function readText(path: string): string {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The path that the system's search led to, where /proc tells; else the name that was asked for. */
export function pathOf(name: string): string {
  if (name.includes('/')) return name;
  const stem = name.replace(/\.so.*$/, '');
  const mapped = readText('/proc/self/maps').split('\n');
  for (const line of mapped) {
    const path = line.slice(line.indexOf('/'));
    if (line.includes('/') && path.slice(path.lastIndexOf('/') + 1).startsWith(stem)) return path;
  }
  return name;
}
