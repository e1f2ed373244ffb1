export function gpuSubjects(quick: boolean): readonly Readonly<Record<string, unknown>>[];
