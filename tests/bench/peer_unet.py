"""The 98M-parameter 16->128 network of Janspiry's SR3 in plain PyTorch, timed: what bench-unet is compared with.

usage: peer_unet.py [ROUNDS [THREADS [WAY ...]]]
WAY is eager, channels-last or compiled (torch.compile with channels_last), or one of them with -bf16 (autocast); the first three
if none is given.
Prints TSV: way, pass, precision, seconds of the shortest of ROUNDS. A training step is that of two images: loss, gradients.
"""
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

WIDTHS = (64, 128, 256, 512, 512)
BLOCKS = 2
ATTENTION_LEVEL = 3
LEVEL_DIM = 64


class Convolution(nn.Sequential):
    """GroupNorm, SiLU, 3x3 convolution."""

    def __init__(self, inputs, outputs):
        super().__init__(nn.GroupNorm(32, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1))


class Residual(nn.Module):
    def __init__(self, inputs, outputs, attention=False):
        super().__init__()
        self.first = Convolution(inputs, outputs)
        self.level = nn.Linear(LEVEL_DIM, outputs)
        self.second = Convolution(outputs, outputs)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.attention = Attention(outputs) if attention else nn.Identity()

    def forward(self, x, level):
        h = self.first(x) + self.level(level)[:, :, None, None]
        return self.attention(self.second(h) + self.skip(x))


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(32, channels)
        self.qkv = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        n, c, h, w = x.shape
        q, k, v = (t.flatten(2).transpose(1, 2).unsqueeze(1) for t in self.qkv(self.norm(x)).chunk(3, 1))
        mixed = F.scaled_dot_product_attention(q, k, v) if hasattr(F, "scaled_dot_product_attention") else (
            torch.softmax(q @ k.transpose(-1, -2) / c**0.5, -1) @ v)
        return x + self.out(mixed.squeeze(1).transpose(1, 2).reshape(n, c, h, w))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.level = nn.Sequential(nn.Linear(LEVEL_DIM, 4 * LEVEL_DIM), nn.SiLU(), nn.Linear(4 * LEVEL_DIM, LEVEL_DIM))
        self.input = nn.Conv2d(6, WIDTHS[0], 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        channels, skips = WIDTHS[0], [WIDTHS[0]]
        for i, width in enumerate(WIDTHS):
            for _ in range(BLOCKS):
                self.down.append(Residual(channels, width, i == ATTENTION_LEVEL))
                channels = width
                skips.append(channels)
            if i + 1 < len(WIDTHS):
                self.down.append(nn.Conv2d(channels, channels, 3, stride=2, padding=1))
                skips.append(channels)
        self.middle = nn.ModuleList([Residual(channels, channels, True), Residual(channels, channels)])
        for i, width in reversed(list(enumerate(WIDTHS))):
            for _ in range(BLOCKS + 1):
                self.up.append(Residual(channels + skips.pop(), width, i == ATTENTION_LEVEL))
                channels = width
            if i > 0:
                self.up.append(nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(channels, channels, 3, padding=1)))
        self.output = Convolution(channels, 3)

    def forward(self, condition, x, level):
        half = LEVEL_DIM // 2
        angles = level[:, None] * torch.exp(-torch.arange(half) / half * 9.210340371976184)
        level = self.level(torch.cat([angles.sin(), angles.cos()], 1))
        h = self.input(torch.cat([condition, x], 1))
        skips = [h]
        for part in self.down:
            h = part(h, level) if isinstance(part, Residual) else part(h)
            skips.append(h)
        for part in self.middle:
            h = part(h, level)
        for part in self.up:
            h = part(torch.cat([h, skips.pop()], 1), level) if isinstance(part, Residual) else part(h)
        return self.output(h)


def shortest(rounds, work):
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    if len(sys.argv) > 2:
        torch.set_num_threads(int(sys.argv[2]))
    ways = sys.argv[3:] or ["eager", "channels-last", "compiled"]
    torch.manual_seed(1)
    for way in ways:
        net = Network()
        count = sum(p.numel() for p in net.parameters())
        if count != 97807491:
            sys.exit(f"peer_unet.py: the network has {count} parameters, not 97807491")
        how, precision = way.removesuffix("-bf16"), "bf16" if way.endswith("-bf16") else "fp32"
        layout = torch.contiguous_format if how == "eager" else torch.channels_last
        net = net.to(memory_format=layout)
        if how == "compiled" and not hasattr(torch, "compile"):
            continue
        compiled = torch.compile(net) if how == "compiled" else net

        def run(*given):
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                return compiled(*given)

        def inputs(n):
            return (torch.randn(n, 3, 128, 128).to(memory_format=layout), torch.randn(n, 3, 128, 128).to(memory_format=layout),
                    torch.full((n,), 0.5))

        with torch.no_grad():
            given = inputs(1)
            net.eval()
            run(*given)
            run(*given)
            print(how, "inference", precision, f"{shortest(rounds, lambda: run(*given)):.4f}", sep="\t", flush=True)
        net.train()
        given = inputs(2)
        parameters = list(net.parameters())

        def step():
            torch.autograd.grad((run(*given) - given[1]).abs().mean(), parameters)

        step()
        print(how, "training", precision, f"{shortest(max(1, rounds // 3), step):.4f}", sep="\t", flush=True)


if __name__ == "__main__":
    main()
