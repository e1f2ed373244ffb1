import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { useBackend, type BackendInfo } from '@core/tensor';

let ready: Promise<boolean> | undefined;

/** Loads tfjs with its WebAssembly engine, whose files the bundler has put beside the page, and gives it to Trellis. */
export async function startTfjsWasm(): Promise<BackendInfo> {
  if (ready !== undefined) {
    await ready;
    return useBackend('tfjs');
  }
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plain,
    'tfjs-backend-wasm-simd.wasm': simd,
    'tfjs-backend-wasm-threaded-simd.wasm': threaded,
  });
  ready = tf.setBackend('wasm');
  if (!(await ready)) throw new Error('the WebAssembly engine of tfjs did not start');
  return useBackend('tfjs', { tf });
}
