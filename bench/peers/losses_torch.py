#!/usr/bin/env python3
"""Losses of the same training in PyTorch: the same weights, the same tokens in the same order, the same optimizer.

    dotnet run -c Release --project bench -- losses --init /tmp/init --make-init
    dotnet run -c Release --project bench -- losses --init /tmp/init --tokens train.bin --steps 20 --out ours.json
    python3 bench/peers/losses_torch.py --init /tmp/init --tokens train.bin --steps 20 --out theirs.json --compare ours.json

The weights are a Hugging Face GPT-2 folder (safetensors), the tokens an llm.c shard, read in file order. AdamW(0.9, 0.95, 1e-8),
decay 0.1 of the weights of linear layers, clipping at 1.0, a constant rate. --compare prints the largest relative difference and
exits with 1 if it is above --tolerance.
"""
import argparse
import json
import os
import struct
import sys

import torch
import torch.nn as nn

from step_torch import Decoder


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + offset for offset in entry["data_offsets"])
            kind = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}[entry["dtype"]]
            tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=kind).view(entry["shape"]).float()
    return tensors


def load(folder):
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    tensors = {name.removeprefix("transformer."): t
               for name, t in read_safetensors(os.path.join(folder, "model.safetensors")).items()}
    model = Decoder(config["n_layer"], config["n_head"], config["n_embd"], config["vocab_size"], config["n_positions"])
    with torch.no_grad():
        model.tokens.weight.copy_(tensors["wte.weight"])
        model.positions.weight.copy_(tensors["wpe.weight"])
        model.norm.weight.copy_(tensors["ln_f.weight"])
        model.norm.bias.copy_(tensors["ln_f.bias"])
        for i, block in enumerate(model.blocks):
            for layer, name in ((block.norm1, "ln_1"), (block.norm2, "ln_2")):
                layer.weight.copy_(tensors[f"h.{i}.{name}.weight"])
                layer.bias.copy_(tensors[f"h.{i}.{name}.bias"])
            for layer, name in ((block.qkv, "attn.c_attn"), (block.out, "attn.c_proj"),
                                (block.up, "mlp.c_fc"), (block.down, "mlp.c_proj")):
                layer.weight.copy_(tensors[f"h.{i}.{name}.weight"].t())    # a GPT-2 file has (in, out)
                layer.bias.copy_(tensors[f"h.{i}.{name}.bias"])
    return model


def read_tokens(path):
    with open(path, "rb") as file:
        data = file.read()
    magic, version, count = struct.unpack("<3i", data[:12])
    assert (magic, version) == (20240520, 1), "expected an llm.c shard of 16-bit tokens"
    ids = torch.frombuffer(bytearray(data[1024:1024 + 2 * count]), dtype=torch.int16).long()
    return torch.where(ids < 0, ids + 65536, ids)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--init", required=True)
    parser.add_argument("--tokens", required=True)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--seq", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="f32", choices=["f32", "bf16"])
    parser.add_argument("--out")
    parser.add_argument("--compare")
    parser.add_argument("--tolerance", type=float, default=0.005)
    a = parser.parse_args()
    model = load(a.init).to(a.device)
    linear = [m.weight for m in model.modules() if isinstance(m, nn.Linear) and m is not model.head]
    others = [p for p in model.parameters() if all(p is not w for w in linear)]
    optimizer = torch.optim.AdamW(
        [dict(params=linear, weight_decay=0.1), dict(params=others, weight_decay=0.0)], lr=a.lr, betas=(0.9, 0.95), eps=1e-8)
    tokens = read_tokens(a.tokens)
    losses, position, rows = [], 0, a.batch * a.seq
    for _ in range(a.steps):
        if position + rows + 1 > len(tokens):
            position = 0
        window = tokens[position:position + rows + 1].to(a.device)
        position += rows
        with torch.autocast(a.device.split(":")[0], dtype=torch.bfloat16, enabled=a.dtype == "bf16"):
            loss = model(window[:-1].view(a.batch, a.seq), window[1:].view(a.batch, a.seq))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    result = dict(engine="pytorch " + torch.__version__, device=a.device, precision=a.dtype, losses=losses)
    if a.out:
        with open(a.out, "w") as file:
            json.dump(result, file)
    if a.compare:
        with open(a.compare) as file:
            ours = json.load(file)["losses"][:a.steps]
        worst = max(abs(o - t) / t for o, t in zip(ours, losses))
        print(f"{len(losses)} steps: first {ours[0]:.5f} / {losses[0]:.5f}, last {ours[-1]:.5f} / {losses[-1]:.5f} "
              f"(ours / PyTorch); largest relative difference {worst:.2e}, allowed {a.tolerance:.1e}")
        sys.exit(worst > a.tolerance)


if __name__ == "__main__":
    main()
