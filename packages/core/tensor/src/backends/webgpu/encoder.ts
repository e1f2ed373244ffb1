import { BackendError } from '../../errors.js';
import type { Buffers, GpuArray } from './buffers.js';
import type { Gpu } from './gpu.js';
import { usage } from './gpu.js';
import type { Kernel, Pass } from './kernel.js';
import type { Pipelines } from './pipelines.js';

/** Writes commands down and hands them to the device in batches. */
export interface Encoder {
  /** `arrays` are the kernel's inputs and outputs. */
  run(kernel: Kernel, arrays: readonly GpuArray[]): void;
  copy(from: GpuArray, to: GpuArray, bytes: number, fromOffset?: number, toOffset?: number): void;
  write(array: GpuArray, data: Uint8Array): void;
  /** Copies what the faults' record holds to `target`, and clears it. */
  takeFault(target: GPUBuffer, offset: number): void;
  /** From a buffer that is nobody's array. */
  copyIn(from: GPUBuffer, to: GpuArray, bytes: number): void;
  copyOut(from: GpuArray, target: GPUBuffer, bytes: number): void;
  /** Whether a shader ran since `takeFault` that may have raised something. */
  mayHaveFault(): boolean;
  flush(): void;
  /** ... where more than so many commands wait. */
  flushAbove(most: number): void;
}

/** Bindings of one pass that are remembered: a training loop goes round between a few. */
const mostGroups = 16;

export function createEncoder({ device }: Gpu, buffers: Buffers, pipelines: Pipelines): Encoder {
  let commands: GPUCommandEncoder | undefined;
  let computing: GPUComputePassEncoder | undefined;
  let pending = 0;
  let raised = false;
  /** Arrays that commands not yet handed over touch: to write there, the device would have to have had those first. */
  const touched = new Set<number>();
  const groups = new WeakMap<Pass, Map<string, GPUBindGroup>>();
  const fault = device.createBuffer({
    label: 'faults',
    size: 16,
    usage: usage.storage | usage.copySource | usage.copyTarget,
  });

  const flush = (): void => {
    if (commands === undefined) return;
    computing?.end();
    computing = undefined;
    const finished = commands.finish();
    commands = undefined;
    pending = 0;
    touched.clear();
    device.queue.submit([finished]);
  };
  /** The open list of commands; it is handed over at the latest when the caller comes to rest. */
  const open = (): GPUCommandEncoder => {
    if (commands === undefined) {
      commands = device.createCommandEncoder();
      queueMicrotask(flush);
    }
    return commands;
  };
  const betweenPasses = (): GPUCommandEncoder => {
    computing?.end();
    computing = undefined;
    return open();
  };

  const groupOf = (pass: Pass, layout: GPUBindGroupLayout, arrays: readonly GpuArray[]): GPUBindGroup => {
    let known = groups.get(pass);
    if (known === undefined) groups.set(pass, (known = new Map<string, GPUBindGroup>()));
    let key = '';
    for (const { array } of pass.bindings) key += `${arrays[array]!.id} `;
    let group = known.get(key);
    if (group === undefined) {
      const entries = pass.bindings.map(({ array, offset, bytes }, binding) => ({
        binding,
        resource: { buffer: arrays[array]!.buffer, offset, size: bytes },
      }));
      if (pass.faults.length > 0)
        entries.push({ binding: entries.length, resource: { buffer: fault, offset: 0, size: 16 } });
      if (known.size >= mostGroups) known.clear();
      known.set(key, (group = device.createBindGroup({ layout, entries })));
    }
    return group;
  };

  const runPass = (pass: Pass, arrays: readonly GpuArray[]): void => {
    const { pipeline, layout } = pipelines.of(pass);
    const group = groupOf(pass, layout, arrays);
    computing ??= open().beginComputePass();
    computing.setPipeline(pipeline);
    computing.setBindGroup(0, group);
    computing.dispatchWorkgroups(...pass.workgroups);
    for (const { array } of pass.bindings) touched.add(arrays[array]!.id);
    if (pass.faults.length > 0) raised = true;
    pending++;
  };

  return {
    run({ passes, scratch }, arrays) {
      if (scratch === undefined) {
        for (const pass of passes) runPass(pass, arrays);
        return;
      }
      const own = scratch.map((elements) => buffers.take(elements * 4));
      try {
        for (const pass of passes) runPass(pass, [...arrays, ...own]);
      } finally {
        own.forEach(buffers.give);
      }
    },
    copy(from, to, bytes, fromOffset = 0, toOffset = 0) {
      if (bytes === 0) return;
      betweenPasses().copyBufferToBuffer(from.buffer, fromOffset, to.buffer, toOffset, bytes);
      touched.add(from.id).add(to.id);
      pending++;
    },
    write(array, data) {
      if (touched.has(array.id)) flush();
      device.queue.writeBuffer(array.buffer, 0, data.buffer, data.byteOffset, data.byteLength);
    },
    takeFault(target, offset) {
      const encoder = betweenPasses();
      encoder.copyBufferToBuffer(fault, 0, target, offset, 16);
      encoder.clearBuffer(fault, 0, 16);
      raised = false;
    },
    copyIn(from, to, bytes) {
      if (bytes === 0) return;
      betweenPasses().copyBufferToBuffer(from, 0, to.buffer, 0, bytes);
      touched.add(to.id);
    },
    copyOut(from, target, bytes) {
      betweenPasses().copyBufferToBuffer(from.buffer, 0, target, 0, bytes);
    },
    mayHaveFault: () => raised,
    flush,
    flushAbove(most) {
      if (pending > most) flush();
    },
  };
}

/** What a device says when it is gone. */
export function lostError(reason: string, message: string): BackendError {
  return new BackendError(
    `webgpu: the device was lost (${reason}${message === '' ? '' : `: ${message}`}), and the tensors on it with it; ` +
      "await useBackend('webgpu') starts anew, and the CPU backend is as it was",
  );
}
