export declare function tsBlocks(markdown: string): { line: number; code: string }[];
