import type { Page } from 'playwright-core';

export function chromiumPath(): string | undefined;
export function servePage(): Promise<{ readonly url: string; close(): Promise<void> }>;
export function openBrowser(
  executablePath: string,
  options?: Readonly<Record<string, unknown>>,
): Promise<{ readonly page: Page; close(): Promise<void> }>;
