"""Golden values of the AdamW test: torch.optim.AdamW on the sum of x**3, decay on the matrix only."""

import json
import pathlib

import torch

gain = torch.tensor([0.5, -2.0], requires_grad=True)
matrix = torch.tensor([[1.5, 0.25]], requires_grad=True)
groups = [{"params": [gain], "weight_decay": 0.0}, {"params": [matrix], "weight_decay": 0.1}]
optimiser = torch.optim.AdamW(groups, lr=0.1, betas=(0.9, 0.95), eps=1e-8)
for step in range(5):
    for group in optimiser.param_groups:
        group["lr"] = 0.1 / (step + 1)
    optimiser.zero_grad()
    (gain**3).sum().add((matrix**3).sum()).backward()
    optimiser.step()
values = gain.tolist() + matrix.flatten().tolist()
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(values) + "\n")
