"""Models that transformers has no class for: its bodies with heads of our own, and InternLM2's body.

Written from the papers and the checkpoints' tensor names; the real ones come as code beside their weights:
Qwen2.5-Math-RM and -PRM (two-layer heads), Math-Shepherd (the logits of two tokens at a step's tag), ArmoRM
(objectives mixed by a gate that reads the end of the prompt), InternLM2-Reward (fused, interleaved projections).
"""

import torch
from torch import nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, LlamaConfig

ANSWER_BEGINS = "<|start_header_id|>assistant<|end_header_id|>\n\n"


class Headed(nn.Module):
    """A body called `model`. `features` gives the rows its last linear layer reads, `read` what it says."""

    head = "score"
    rows = None

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = self.body(config)

    def body(self, config):
        return AutoModel.from_config(config)

    @property
    def dtype(self):
        return next(self.parameters()).dtype

    def hidden(self, item):
        return self.model(input_ids=torch.tensor([item["ids"]])).last_hidden_state[0]


class TwoLayers(Headed):
    """Qwen2ForRewardModel: the last token's reward."""

    head = "score.2"
    labels = 1

    def __init__(self, config):
        super().__init__(config)
        width = config.hidden_size
        self.score = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, self.labels))

    def features(self, item):
        return self.score[:2](self.hidden(item)[-1:])

    def read(self, item):
        return {"logits": self.score[2](self.features(item))[0].tolist()}


class Process(TwoLayers):
    """Qwen2ForProcessRewardModel: at each marker the probability of the second of two labels."""

    labels = 2

    def features(self, item):
        return self.score[:2](self.hidden(item)[item["marks"]])

    def read(self, item):
        return {"steps": self.score[2](self.features(item)).softmax(-1)[:, 1].tolist()}


class StepTags(Headed):
    """A language model asked at each tag whether the next token is the good one or the bad one."""

    head = "lm_head"

    def __init__(self, config):
        super().__init__(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)

    def features(self, item):
        return self.hidden(item)[item["marks"]]

    def read(self, item):
        return {"steps": self.lm_head(self.features(item))[:, item["tags"]].softmax(-1)[:, 0].tolist()}


class Gating(nn.Module):
    def __init__(self, width, inner, layers, objectives):
        super().__init__()
        widths = [width] + [inner] * layers
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:] + [objectives]))
        self.logit_scale = nn.Parameter(torch.ones(1))


class Gated(Headed):
    """LlamaForRewardModelWithGating."""

    head = "regression_layer"

    def __init__(self, config):
        super().__init__(config)
        count = config.num_objectives
        self.regression_layer = nn.Linear(config.hidden_size, count, bias=False)
        self.reward_transform_matrix = nn.Parameter(torch.eye(count))
        self.gating = Gating(config.hidden_size, config.gating_hidden_dim, config.gating_n_hidden, count)

    def features(self, item):
        return self.hidden(item)[-1:]

    def read(self, item):
        hidden = self.hidden(item)
        rewards, x = self.regression_layer(hidden[-1:]), hidden[item["marks"][0]:][:1]
        for layer in self.gating.layers[:-1]:
            x = torch.relu(layer(x))
        gate = (self.gating.layers[-1](x) / self.config.gating_temperature).softmax(-1) * self.gating.logit_scale
        score = (gate * (rewards @ self.reward_transform_matrix)).sum(-1)
        return {"logits": score.tolist(), "objectives": rewards[0].tolist()}


class Root(nn.Module):
    """Root mean square normalisation."""

    def __init__(self, width, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(width)), eps

    def forward(self, x):
        return self.weight * x * (x.pow(2).mean(-1, keepdim=True) + self.eps).rsqrt()


class InternAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config, self.size = config, config.hidden_size // config.num_attention_heads
        width, keys = config.hidden_size, config.num_key_value_heads * self.size
        self.wqkv = nn.Linear(width, width + 2 * keys, bias=config.bias)
        self.wo = nn.Linear(width, width, bias=config.bias)

    def turn(self, x):
        pairs = torch.arange(0, self.size, 2, dtype=x.dtype) / self.size
        angles = torch.arange(x.shape[0], dtype=x.dtype)[:, None] * self.config.rope_theta ** -pairs
        angles = torch.cat([angles, angles], -1)[:, None]
        low, high = x.chunk(2, -1)
        return x * angles.cos() + torch.cat([-high, low], -1) * angles.sin()

    def forward(self, x):
        length, kv = x.shape[0], self.config.num_key_value_heads
        groups = self.config.num_attention_heads // kv
        qkv = self.wqkv(x).view(length, kv, groups + 2, self.size)
        q = self.turn(qkv[:, :, :groups].reshape(length, kv * groups, self.size))
        k = self.turn(qkv[:, :, groups]).repeat_interleave(groups, 1)
        v = qkv[:, :, groups + 1].repeat_interleave(groups, 1)
        scores = torch.einsum("ihd,jhd->hij", q, k) / self.size**0.5
        scores = scores.masked_fill(torch.ones(length, length).triu(1).bool(), -torch.inf)
        return self.wo(torch.einsum("hij,jhd->ihd", scores.softmax(-1), v).flatten(1))


class InternBlock(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.w1, self.w3 = nn.Linear(width, inner, bias=False), nn.Linear(width, inner, bias=False)
        self.w2 = nn.Linear(inner, width, bias=False)

    def forward(self, x):
        return self.w2(functional.silu(self.w1(x)) * self.w3(x))


class InternLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.attention, self.feed_forward = InternAttention(config), InternBlock(config)
        self.attention_norm = Root(config.hidden_size, config.rms_norm_eps)
        self.ffn_norm = Root(config.hidden_size, config.rms_norm_eps)

    def forward(self, x):
        x = x + self.attention(self.attention_norm(x))
        return x + self.feed_forward(self.ffn_norm(x))


class InternBody(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.tok_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(InternLayer(config) for _ in range(config.num_hidden_layers))
        self.norm = Root(config.hidden_size, config.rms_norm_eps)

    def forward(self, ids):
        x = self.tok_embeddings(torch.tensor(ids))
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class Intern(Headed):
    """InternLM2ForRewardModel: read at a token of its own that ends every sequence."""

    head = "v_head"

    def __init__(self, config):
        super().__init__(config)
        self.v_head = nn.Linear(config.hidden_size, 1, bias=False)

    def body(self, config):
        return InternBody(config)

    def hidden(self, item):
        return self.model(item["ids"])

    def features(self, item):
        return self.hidden(item)[-1:]

    def read(self, item):
        return {"logits": self.v_head(self.features(item))[0].tolist()}


CLASSES = {
    "Qwen2ForRewardModel": TwoLayers,
    "Qwen2ForProcessRewardModel": Process,
    "LlamaForCausalLM": StepTags,
    "MistralForCausalLM": StepTags,
    "LlamaForRewardModelWithGating": Gated,
    "InternLM2ForRewardModel": Intern,
}


def config_of(folder, settings):
    """The configuration; InternLM2's, which transformers does not know, read as if it were Llama's."""
    if settings["model_type"] == "internlm2":
        config = LlamaConfig(**{key: value for key, value in settings.items() if key != "model_type"})
        config.bias, config.rope_theta = settings["bias"], settings["rope_theta"]
        return config
    return AutoConfig.from_pretrained(folder)
