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
    # The marker and separator of a process reward model's steps, and the tokens that judge them.
    steps: dict | None = None
    # Whether plain texts are scored beside conversations.
    texts: bool = True
    # Conversations that the template refuses.
    chats_without: tuple = ()

    @property
    def offset(self):
        """Gemma stores the weights of norms as their distance from one."""
        return self.config["model_type"].startswith("gemma")

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


def qwen(name, seed, template, config, without=(), tokenizer=vocab.qwen, **options):
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
        name, seed, {key: value for key, value in base.items() if key not in without}, tokenizer,
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

def chatml(name, seed, config, **options):
    """A decoder of another family with Qwen's tokenizer and template."""
    without = ("use_sliding_window", "max_window_layers", *options.pop("without", ()))
    return qwen(name, seed, "qwen25", {"sliding_window": None} | config, without=without, **options)


def gemma(name, seed, config, **options):
    base = {
        "architectures": [f"{config.pop('class')}ForSequenceClassification"], **DECODER, **labels(1),
        "vocab_size": 400, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, "head_dim": 16,
        "rms_norm_eps": 1e-6, "tie_word_embeddings": True, "rope_theta": 10000.0, "attention_bias": False,
    }
    settings = {
        "tokenizer_class": "GemmaTokenizer", "add_bos_token": True, "add_eos_token": False, "bos_token": added("<bos>"),
        "eos_token": added("<eos>"), "pad_token": added("<pad>"), "unk_token": added("<unk>"),
        "clean_up_tokenization_spaces": False, "spaces_between_special_tokens": False, "model_max_length": 1024,
    }
    config = {key: value for key, value in (base | config).items() if key not in options.pop("without", ())}
    return Case(name, seed, config, vocab.gemma, settings, "gemma", special=["<end_of_turn>", "<start_of_turn>"],
                chats_without=("system_multi_turn",), **options)


def encoder(case, name, seed, config, without=("type_vocab_size", "position_embedding_type"), tokenizer=None, **settings):
    """An encoder with the tokenizer of another case, or its own."""
    base = {key: value for key, value in case.config.items() if key not in without}
    return Case(name, seed, base | config, tokenizer or case.tokenizer, case.tokenizer_config | settings, special=case.special)


LLAMA3_ROPE = {
    "factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 128,
    "rope_type": "llama3",
}
QWEN3 = {"architectures": ["Qwen3ForSequenceClassification"], "head_dim": 16, "attention_bias": False,
         "tie_word_embeddings": True}

BERT = bert("bert", 61, 1)
NEOX_WITHOUT = ("num_key_value_heads", "sliding_window", "rope_theta", "rope_scaling", "rms_norm_eps")
MODERNBERT = {
    "architectures": ["ModernBertForSequenceClassification"], "model_type": "modernbert", "num_hidden_layers": 4,
    "hidden_activation": "gelu", "norm_eps": 1e-5, "layer_norm_eps": 1e-5, "norm_bias": False, "attention_bias": False,
    "mlp_bias": False, "global_attn_every_n_layers": 3, "local_attention": 32, "global_rope_theta": 160000.0,
    "local_rope_theta": 10000.0, "classifier_bias": False, "classifier_activation": "gelu", "classifier_dropout": 0.0,
    "max_position_embeddings": 352, "embedding_dropout": 0.0, "mlp_dropout": 0.0, "attention_dropout": 0.0,
    "cls_token_id": 0, "sep_token_id": 2,
}
DEBERTA = {
    "architectures": ["DebertaV2ForSequenceClassification"], "model_type": "deberta-v2", "relative_attention": True,
    "position_buckets": 16, "max_relative_positions": -1, "norm_rel_ebd": "layer_norm", "share_att_key": True,
    "pos_att_type": "p2c|c2p", "position_biased_input": False, "type_vocab_size": 0, "layer_norm_eps": 1e-7,
    "pooler_hidden_act": "gelu", "pooler_dropout": 0, "pooler_hidden_size": 32,
}

CASES = [
    llama("llama", 11),
    qwen("qwen2", 21, "qwen25", {"architectures": ["Qwen2ForSequenceClassification"]}),
    qwen("qwen3", 31, "qwen3", QWEN3, template_in="chat_template.jinja"),
    BERT,
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
    # Heads.
    qwen("qwen2_rm", 28, "qwen25", {"architectures": ["Qwen2ForRewardModel"]}),
    qwen("qwen2_prm", 24, "qwen25", {"architectures": ["Qwen2ForProcessRewardModel"], **labels(2)},
         tokenizer=vocab.qwen_steps, steps={"marker": "<extra_0>", "separator": ""}),
    Case("math_shepherd", 52, MISTRAL.config | {"architectures": ["MistralForCausalLM"], "vocab_size": 400},
         vocab.mistral_steps, MISTRAL.tokenizer_config,
         steps={"marker": " ки", "separator": "\n", "good": "+", "bad": "-"}),
    llama("armorm", 18, template="skywork", texts=False, config={
        "architectures": ["LlamaForRewardModelWithGating"], "num_objectives": 5, "gating_temperature": 2.5,
        "gating_hidden_dim": 24, "gating_n_hidden": 2}),
    # Decoders.
    gemma("gemma", 71, {"class": "Gemma", "model_type": "gemma", "hidden_act": "gelu", "hidden_activation": None,
                        "num_key_value_heads": 1}),
    gemma("gemma2", 72, {"class": "Gemma2", "model_type": "gemma2", "hidden_activation": "gelu_pytorch_tanh",
                         "hidden_act": "gelu_pytorch_tanh", "query_pre_attn_scalar": 20, "sliding_window": 48,
                         "attn_logit_softcapping": 2.0, "final_logit_softcapping": 30.0, "num_hidden_layers": 3}),
    gemma("gemma3", 73, {"class": "Gemma3Text", "model_type": "gemma3_text", "hidden_activation": "gelu_pytorch_tanh",
                         "query_pre_attn_scalar": 16, "sliding_window": 32, "sliding_window_pattern": 2,
                         "rope_theta": 1000000.0, "rope_local_base_freq": 5000.0, "num_hidden_layers": 3,
                         "rope_scaling": {"factor": 4.0, "rope_type": "linear"}}),
    chatml("phi3", 81, {"architectures": ["Phi3ForSequenceClassification"], "model_type": "phi3", "rope_theta": 10000.0,
                        "sliding_window": 64, "rms_norm_eps": 1e-5, "original_max_position_embeddings": 1024}),
    chatml("phi3_longrope", 82, {
        "architectures": ["Phi3ForSequenceClassification"], "model_type": "phi3", "rope_theta": 10000.0,
        "rms_norm_eps": 1e-5, "original_max_position_embeddings": 96, "partial_rotary_factor": 0.75,
        "num_attention_heads": 2, "num_key_value_heads": 1,
        "rope_scaling": {"type": "longrope", "short_factor": [1.0, 1.1, 1.3, 1.6, 2.0, 2.5],
                         "long_factor": [1.0, 1.5, 2.5, 4.0, 7.0, 10.0]}}),
    chatml("internlm2", 83, {
        "architectures": ["InternLM2ForRewardModel"], "model_type": "internlm2", "rope_theta": 1000000.0, "bias": False,
        "rope_scaling": {"type": "dynamic", "factor": 2.0}, "reward_token_id": 321, "rms_norm_eps": 1e-5},
        tokenizer=vocab.qwen_reward, texts=False),
    chatml("gpt_neox", 84, {
        "architectures": ["GPTNeoXForSequenceClassification"], "model_type": "gpt_neox", "hidden_act": "gelu",
        "rotary_pct": 0.25, "rotary_emb_base": 10000, "use_parallel_residual": True, "layer_norm_eps": 1e-5,
        "num_attention_heads": 2}, without=NEOX_WITHOUT),
    chatml("gpt_neox_serial", 87, {
        "architectures": ["GPTNeoXForSequenceClassification"], "model_type": "gpt_neox", "hidden_act": "gelu_new",
        "rotary_pct": 1.0, "rotary_emb_base": 500, "use_parallel_residual": False, "layer_norm_eps": 1e-5},
        without=NEOX_WITHOUT),
    qwen("qwen2_yarn", 25, "qwen25", {
        "architectures": ["Qwen2ForSequenceClassification"], "rope_theta": 10000.0,
        "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}}),
    # Encoders.
    encoder(BERT, "distilbert", 63, {
        "architectures": ["DistilBertForSequenceClassification"], "model_type": "distilbert", "dim": 32,
        "hidden_dim": 64, "n_layers": 2, "n_heads": 4, "activation": "gelu", "sinusoidal_pos_embds": False,
        "dropout": 0.1, "attention_dropout": 0.1, "qa_dropout": 0.1, "seq_classif_dropout": 0.2},
        without=[key for key in BERT.config if key.startswith(("hidden", "num", "inter", "type", "position", "att"))],
        tokenizer_class="DistilBertTokenizer"),
    encoder(ROBERTA, "xlm_roberta", 42, {
        "architectures": ["XLMRobertaForSequenceClassification"], "model_type": "xlm-roberta", "type_vocab_size": 1},
        tokenizer=vocab.xlm_roberta, tokenizer_class="XLMRobertaTokenizer"),
    encoder(ROBERTA, "modernbert", 91, MODERNBERT | {"classifier_pooling": "mean"}),
    encoder(ROBERTA, "modernbert_cls", 95, MODERNBERT | {
        "classifier_pooling": "cls", "norm_bias": True, "attention_bias": True, "mlp_bias": True, "classifier_bias": True,
        **labels(2)}),
    encoder(BERT, "deberta_v3", 93, DEBERTA),
    encoder(BERT, "deberta_v2", 94, DEBERTA | {
        "conv_kernel_size": 3, "conv_act": "gelu", "share_att_key": False, "position_biased_input": True,
        "type_vocab_size": 2, "pos_att_type": ["c2p", "p2c"], "norm_rel_ebd": "none", "embedding_size": 24,
        "position_buckets": -1, "max_relative_positions": 40, "pooler_hidden_act": "tanh", **labels(3)}),
]
