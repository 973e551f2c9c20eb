"""The cases: one small checkpoint each, with the configuration keys its real relatives have."""

from dataclasses import dataclass, field
from pathlib import Path

import vocab

TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass
class Case:
    name: str
    seed: int
    config: dict
    tokenizer: callable
    tokenizer_config: dict
    template: str | None = None
    template_in: str = "tokenizer_config.json"
    dtype: str = "float32"
    shards: int = 1
    spread: float = 1.5
    special: list = field(default_factory=list)

    @property
    def is_decoder(self):
        return self.template is not None

    def template_text(self):
        return (TEMPLATES / f"{self.template}.jinja").read_text()


DECODER = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "hidden_act": "silu", "rms_norm_eps": 1e-5, "attention_dropout": 0.0,
    "initializer_range": 0.02, "use_cache": True, "tie_word_embeddings": False, "torch_dtype": "float32",
    "max_position_embeddings": 1024,
}
ENCODER = {
    "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "classifier_dropout": None,
    "initializer_range": 0.02, "layer_norm_eps": 1e-12, "position_embedding_type": "absolute", "use_cache": True,
    "torch_dtype": "float32",
}


def labels(count):
    """Real checkpoints store the label names; their number is the width of the head."""
    return {
        "id2label": {str(i): f"LABEL_{i}" for i in range(count)},
        "label2id": {f"LABEL_{i}": i for i in range(count)},
    }


def llama(name, seed, count=1, tokenizer_config=None, **options):
    config = options.pop("config", {})
    without = options.pop("without", ())
    base = {
        "architectures": ["LlamaForSequenceClassification"], "model_type": "llama", **DECODER, **labels(count),
        "vocab_size": 326, "bos_token_id": 320, "eos_token_id": 325, "pad_token_id": 324, "rope_theta": 500000.0,
        "rope_scaling": None, "attention_bias": False, "mlp_bias": False, "pretraining_tp": 1, **config,
    }
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>",
        "pad_token": "<|pad|>", "clean_up_tokenization_spaces": False, "model_max_length": 1024,
        "model_input_names": ["input_ids", "attention_mask"], **(tokenizer_config or {}),
    }
    return Case(
        name, seed, {key: value for key, value in base.items() if key not in without}, vocab.llama3,
        {key: value for key, value in settings.items() if value is not None}, options.pop("template", "llama3"),
        special=["<|eot_id|>", "<|start_header_id|>"], **options,
    )


def qwen(name, seed, template, config, without=(), **options):
    base = {
        "model_type": name[:5], **DECODER, **labels(1), "vocab_size": 384, "bos_token_id": 316,
        "eos_token_id": 318, "pad_token_id": 316, "rope_theta": 1000000.0, "rope_scaling": None, "rms_norm_eps": 1e-6,
        "use_sliding_window": False, "sliding_window": 32, "max_window_layers": 1, **config,
    }
    settings = {
        "tokenizer_class": "Qwen2Tokenizer", "add_prefix_space": False, "add_bos_token": False, "bos_token": None,
        "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": None, "errors": "replace",
        "split_special_tokens": False, "clean_up_tokenization_spaces": False, "model_max_length": 1024,
    }
    return Case(
        name, seed, {key: value for key, value in base.items() if key not in without}, vocab.qwen,
        {key: value for key, value in settings.items() if key not in without}, template,
        special=["<|im_end|>", "<|im_start|>"], **options,
    )


def bert(name, seed, count):
    config = {
        "architectures": ["BertForSequenceClassification"], "model_type": "bert", **ENCODER, **labels(count),
        "vocab_size": 389, "max_position_embeddings": 320, "type_vocab_size": 2, "pad_token_id": 0,
    }
    settings = {
        "tokenizer_class": "BertTokenizer", "do_lower_case": True, "strip_accents": None, "cls_token": "[CLS]",
        "tokenize_chinese_chars": True, "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]",
        "mask_token": "[MASK]", "model_max_length": 320,
    }
    return Case(name, seed, config, vocab.bert, settings, special=["[SEP]", "[MASK]"])


def added(content, **options):
    """A special token in the long form older checkpoints use."""
    return {"__type": "AddedToken", "content": content, "lstrip": False, "normalized": False, "rstrip": False,
            "single_word": False, **options}


ROBERTA = Case(
    "roberta", 41,
    {
        "architectures": ["RobertaForSequenceClassification"], "model_type": "roberta", **ENCODER, **labels(1),
        "vocab_size": 325, "max_position_embeddings": 354, "type_vocab_size": 1, "layer_norm_eps": 1e-5,
        "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2,
    },
    vocab.roberta,
    {
        "tokenizer_class": "RobertaTokenizer", "add_prefix_space": False, "trim_offsets": True, "errors": "replace",
        "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "pad_token": "<pad>",
        "unk_token": "<unk>", "mask_token": added("<mask>", lstrip=True), "model_max_length": 352,
    },
    special=["</s>", "<mask>"],
)

MISTRAL = Case(
    "mistral", 51,
    {
        "architectures": ["MistralForSequenceClassification"], "model_type": "mistral", **DECODER, **labels(1),
        "vocab_size": 389, "bos_token_id": 1, "eos_token_id": 2, "rope_theta": 10000.0, "sliding_window": 48,
        "head_dim": None,
    },
    vocab.mistral,
    {
        "tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": False, "legacy": True,
        "bos_token": added("<s>"), "eos_token": added("</s>"), "unk_token": added("<unk>"),
        "spaces_between_special_tokens": False, "clean_up_tokenization_spaces": False, "model_max_length": 1024,
    },
    "mistral", special=["</s>", "[INST]"],
)

LLAMA3_ROPE = {
    "factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 128,
    "rope_type": "llama3",
}
QWEN3 = {"architectures": ["Qwen3ForSequenceClassification"], "head_dim": 16, "attention_bias": False,
         "tie_word_embeddings": True}

CASES = [
    llama("llama", 11),
    qwen("qwen2", 21, "qwen25", {"architectures": ["Qwen2ForSequenceClassification"]}),
    qwen("qwen3", 31, "qwen3", QWEN3, template_in="chat_template.jinja"),
    bert("bert", 61, 1),
    ROBERTA,
    llama("llama3_rope", 12, config={"rope_theta": 10000.0, "rope_scaling": LLAMA3_ROPE}, template="skywork"),
    llama("llama_sharded", 13, shards=2),
    llama("llama_bf16", 14, config={"torch_dtype": "bfloat16"}, dtype="bfloat16"),
    llama("llama_labels", 15, count=2),
    llama("llama_pad_is_eos", 16, config={"pad_token_id": 325}, tokenizer_config={"pad_token": "<|eot_id|>"}),
    # The newer spelling: `dtype`, and the rotary settings together; and every bias there is.
    llama(
        "llama_bias", 17, without=("torch_dtype", "rope_theta", "rope_scaling"),
        config={"dtype": "float32", "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
                "attention_bias": True, "mlp_bias": True, "num_key_value_heads": 4, "head_dim": 8},
        template_in="chat_template.jinja",
    ),
    # As the small Qwen models are: embeddings shared with a language head that is not there, and no pad token.
    qwen("qwen2_tied", 22, "qwen25", {"architectures": ["Qwen2ForSequenceClassification"], "tie_word_embeddings": True},
         without=("pad_token_id", "pad_token", "bos_token_id")),
    MISTRAL,
    bert("bert_labels", 62, 3),
]
