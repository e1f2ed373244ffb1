"""What PyTorch computes on: the processor, or the GPU where TRELLIS_BENCH_DEVICE is cuda."""

import os

import torch

DEVICE = os.environ.get("TRELLIS_BENCH_DEVICE", "cpu")
# Waiting for a GPU takes microseconds; samples are so long that it does not count.
SAMPLE_SECONDS = 0.02 if DEVICE == "cuda" else 0.0002
# float32 as it is, as Trellis has it: not cut to TensorFloat-32.
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


def settle():
    if DEVICE == "cuda":
        torch.cuda.synchronize()
