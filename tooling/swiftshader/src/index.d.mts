/**
 * The variables that let Vulkan find SwiftShader; none where it is not installed, where another driver is named already, or
 * where this machine's own GPU is wanted (`TRELLIS_GPU=own`).
 */
export function softwareEnvironment(env?: NodeJS.ProcessEnv): Record<string, string>;

/** Sets them in this process. */
export function useSwiftShader(): void;

/**
 * Whether there is no device to test on: `describe.skipIf(await deviceIsMissing(start))`. It says what to install; where
 * every test must run (in CI) it is an error.
 *
 * @param start asks for a device, and throws where there is none
 */
export function deviceIsMissing(start: () => Promise<unknown>): Promise<boolean>;
