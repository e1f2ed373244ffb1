// Says which GPU WebGPU reaches, or why it reaches none, as a line of JSON. A process of its own: it lets the GPU go again.
import { useBackend } from '@core/tensor';

const { name, description, passedOver } = await useBackend('auto');
const reason = passedOver.find((one) => one.name === 'webgpu')?.reason;
console.log(JSON.stringify(name === 'webgpu' ? { description } : { reason }));
process.exit(0);
