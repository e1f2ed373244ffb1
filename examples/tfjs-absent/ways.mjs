const gpu = '@tensorflow/tfjs-node-gpu';

/** A tfjs that starts, on the processor: what TensorFlow does where it finds no CUDA. */
const onTheProcessor = `
exports.findBackendFactory = () => () => undefined;
exports.setBackend = async () => true;
exports.engine = () => ({ backend: { isUsingGpuDevice: false } });
`;

/** The ways to be without TensorFlow on a GPU: what lies in node_modules, as code of the packages' entries. */
export const ways = [
  { title: 'The package is not installed', packages: {} },
  {
    title: 'It is installed without its binary, which its install script would have fetched',
    packages: {
      [gpu]:
        "throw new Error('The Node.js native addon module (tfjs_binding.node) can not be found at path: /app/tfjs_binding.node');",
    },
  },
  {
    title: 'Its binary is there, and cannot be loaded without CUDA',
    packages: {
      [gpu]: `throw Object.assign(
  new Error('libcudart.so.11.0: cannot open shared object file: No such file or directory'),
  { code: 'ERR_DLOPEN_FAILED' },
);`,
    },
  },
  {
    title: 'Its binary is loaded, finds no CUDA, and computes on the processor',
    packages: { [gpu]: onTheProcessor },
  },
];
