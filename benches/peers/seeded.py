"""Models of seeded random weights in Hugging Face layout, for the benchmarks against peers: each reads words `w0`, `w1`, …"""

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def save_tokenizer(folder, vocabulary, limit, marks):
    """A tokenizer of one token a word; with `marks`, as BERT's, between [CLS] and [SEP]."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = SPECIAL + [f"w{n}" for n in range(vocabulary - len(SPECIAL))]
    places = {word: place for place, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(places, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]"}
    if marks:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair="[CLS] $A [SEP] $B:1 [SEP]:1",
            special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
        )
        names |= {"cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=limit, **names).save_pretrained(folder)


def save(folder, model, head):
    """The model, its head's weights spread so that rewards differ."""
    import torch

    torch.nn.init.normal_(head.weight, std=0.5)
    model.eval().save_pretrained(folder)


def minilm(folder):
    """A classifier in the shape of all-MiniLM-L6: 6 layers, 384 wide, 12 heads, 30 522 words."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    save_tokenizer(folder, 30522, 512, marks=True)
    torch.manual_seed(7)
    config = BertConfig(
        hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536,
        max_position_embeddings=512, num_labels=1, pad_token_id=0,
    )
    model = BertForSequenceClassification(config)
    save(folder, model, model.classifier)


def deberta(folder):
    """A classifier in the shape of DeBERTa-v3's small one: 6 layers, 768 wide, 12 heads, 256 buckets of distances; 2 000 words."""
    import torch
    from transformers import DebertaV2Config, DebertaV2ForSequenceClassification

    save_tokenizer(folder, 2000, 512, marks=True)
    torch.manual_seed(7)
    config = DebertaV2Config(
        vocab_size=2000, hidden_size=768, num_hidden_layers=6, num_attention_heads=12, intermediate_size=3072,
        max_position_embeddings=512, type_vocab_size=0, num_labels=1, pad_token_id=0, pooler_hidden_size=768,
        relative_attention=True, position_buckets=256, max_relative_positions=-1, norm_rel_ebd="layer_norm",
        share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False,
    )
    model = DebertaV2ForSequenceClassification(config)
    save(folder, model, model.classifier)


def qwen2(folder):
    """A classifier of eight layers as wide as Qwen2's of half a billion: 119 million parameters in them, 2 000 words."""
    import torch
    from transformers import Qwen2Config, Qwen2ForSequenceClassification

    save_tokenizer(folder, 2000, 2048, marks=False)
    torch.manual_seed(7)
    config = Qwen2Config(
        vocab_size=2000, hidden_size=896, num_hidden_layers=8, num_attention_heads=14, num_key_value_heads=2,
        intermediate_size=4864, max_position_embeddings=2048, num_labels=1, pad_token_id=0, bos_token_id=2,
        eos_token_id=3,
    )
    model = Qwen2ForSequenceClassification(config)
    save(folder, model, model.score)
