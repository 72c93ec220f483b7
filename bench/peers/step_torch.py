#!/usr/bin/env python3
"""The same training step in PyTorch, for comparison: a GPT-2 form written as PyTorch users write it.

    python3 bench/peers/step_torch.py --model gpt2 --batch 4 --seq 64 --steps 5 --threads 2 --json

One step is forward, backward, clipping at 1.0 and AdamW: in float32, or with --dtype bf16 under autocast with float32 weights.
--compile runs the model through torch.compile. Prints tokens/s (median), peak memory and the PyTorch version. Runs on PyTorch
1.13 and later; scaled_dot_product_attention and the fused AdamW are used where they exist.
"""
import argparse
import json
import math
import resource
import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

PRESETS = {
    "gpt2": dict(layers=12, heads=12, width=768, vocab=50257, positions=1024),
    "gpt2-medium": dict(layers=24, heads=16, width=1024, vocab=50257, positions=1024),
    "gpt2-large": dict(layers=36, heads=20, width=1280, vocab=50257, positions=1024),
    "gpt2-xl": dict(layers=48, heads=25, width=1600, vocab=50257, positions=1024),
    "tiny-gpt2": dict(layers=2, heads=2, width=32, vocab=97, positions=64),
    "char": dict(layers=6, heads=6, width=384, vocab=65, positions=256),
}


class Block(nn.Module):
    def __init__(self, width, heads, positions):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gelu = nn.GELU(approximate="tanh")
        mask = torch.tril(torch.ones(positions, positions, dtype=torch.bool))
        self.register_buffer("mask", mask.view(1, 1, positions, positions), persistent=False)

    def attention(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.heads, C // self.heads).transpose(1, 2) for t in self.qkv(x).split(C, dim=2))
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = (q @ k.transpose(-2, -1)) / math.sqrt(q.size(-1))
            scores = scores.masked_fill(~self.mask[:, :, :T, :T], float("-inf"))
            y = F.softmax(scores, dim=-1) @ v
        return self.out(y.transpose(1, 2).contiguous().view(B, T, C))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(self.gelu(self.up(self.norm2(x))))


class Decoder(nn.Module):
    def __init__(self, layers, heads, width, vocab, positions):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab, width), nn.Embedding(positions, width)
        self.blocks = nn.ModuleList(Block(width, heads, positions) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocab, bias=False)
        self.head.weight = self.tokens.weight
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def forward(self, ids, targets):
        x = self.tokens(ids) + self.positions(torch.arange(ids.size(1), device=ids.device))
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x))
        return F.cross_entropy(logits.view(-1, logits.size(-1)), targets.reshape(-1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="gpt2", choices=sorted(PRESETS))
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--seq", type=int, default=64)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="f32", choices=["f32", "bf16"])
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    import os
    torch.set_num_threads(arguments.threads or os.cpu_count())
    torch.manual_seed(1)
    shape = dict(PRESETS[arguments.model])
    if arguments.device != "cpu":
        shape["vocab"] = (shape["vocab"] + 127) // 128 * 128    # as a user who wants speed pads it
        torch.set_float32_matmul_precision("high")
    model = Decoder(**shape).to(arguments.device)
    options = dict(lr=3e-4, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
    try:
        optimizer = torch.optim.AdamW(model.parameters(), fused=True, **options)
    except (TypeError, RuntimeError):
        optimizer = torch.optim.AdamW(model.parameters(), **options)
    vocab = PRESETS[arguments.model]["vocab"]
    ids = torch.randint(vocab, (arguments.batch, arguments.seq + 1)).to(arguments.device)
    x, y = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()
    run = torch.compile(model) if arguments.compile else model
    times = []
    for step in range(arguments.warmup + arguments.steps):
        start = time.perf_counter()
        with torch.autocast(arguments.device.split(":")[0], dtype=torch.bfloat16, enabled=arguments.dtype == "bf16"):
            loss = run(x, y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=arguments.device != "cpu")
        value = loss.item()
        if step >= arguments.warmup:
            times.append(time.perf_counter() - start)
    median = statistics.median(times)
    result = {
        "engine": "pytorch " + torch.__version__ + (" compiled" if arguments.compile else ""),
        "device": torch.cuda.get_device_name() if arguments.device.startswith("cuda") else "cpu",
        "dtype": arguments.dtype,
        "model": arguments.model,
        "batch": arguments.batch,
        "seq": arguments.seq,
        "threads": torch.get_num_threads(),
        "steps": arguments.steps,
        "milliseconds": median * 1e3,
        "tokens_per_second": arguments.batch * arguments.seq / median,
        "device_memory_mib": torch.cuda.max_memory_reserved() / 2**20 if arguments.device.startswith("cuda") else 0,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "loss": value,
    }
    if arguments.json:
        json.dump(result, sys.stdout)
        print()
    else:
        print("{engine}: {model} {batch}x{seq}: {tokens_per_second:.1f} tokens/s, {milliseconds:.0f} ms/step, "
              "peak {peak_memory_mib:.0f} MiB".format(**result))


if __name__ == "__main__":
    main()
