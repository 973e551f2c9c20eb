"""Small tokenizers of the real kinds, trained on the corpus."""

import json
import re
from collections import Counter

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from corpus import CORPUS

LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_SPLIT = LLAMA3_SPLIT.replace(r"\p{N}{1,3}", r"\p{N}")


def byte_bpe(split, merges, normalizer=None, **model):
    """GPT-style byte-level BPE: a regular expression splits, bytes are spelled as letters, pairs merge."""
    tokenizer = Tokenizer(models.BPE(**model))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(split), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    train_bpe(tokenizer, 256 + merges, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    return tokenizer


def train_bpe(tokenizer, size, **options):
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, **options)
    tokenizer.train_from_iterator(CORPUS.splitlines(keepends=True), trainer)


def add_special(tokenizer, tokens):
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in tokens])


def llama3():
    """Adds BOS by its post-processor, although the chat template writes BOS as well."""
    tokenizer = byte_bpe(LLAMA3_SPLIT, 64, ignore_merges=True)
    add_special(tokenizer, ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>"])
    add_special(tokenizer, ["<|pad|>", "<|eot_id|>"])
    bos = "<|begin_of_text|>"
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single=f"{bos} $A", pair=f"{bos} $A {bos}:1 $B:1", special_tokens=[(bos, tokenizer.token_to_id(bos))]
        ),
    ])
    return tokenizer


def qwen(*special):
    """Adds nothing, normalises to NFC; the think tags are added tokens that are not special."""
    tokenizer = byte_bpe(QWEN_SPLIT, 60, normalizer=normalizers.NFC())
    add_special(tokenizer, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken(tag, normalized=False, special=False) for tag in ("<think>", "</think>")])
    add_special(tokenizer, special)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def qwen_steps():
    """With the marker that Qwen2.5-Math-PRM reads a step at."""
    return qwen("<extra_0>")


def qwen_reward():
    """With a token that InternLM2's reward models are read at."""
    return qwen("[REWARD]")


def mistral(words=()):
    """SentencePiece-style: a blank is ▁, one is put in front, and unknown characters fall back to bytes."""
    special = ["<unk>", "<s>", "</s>"]
    codes = [f"<0x{byte:02X}>" for byte in range(256)]
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    train_bpe(trained, 3 + 256 + 130, special_tokens=special + codes)
    model = json.loads(trained.to_str())["model"]
    merges = [tuple(pair) for pair in model["merges"]]
    for word in words:
        add_word(model["vocab"], merges, word)
    tokenizer = Tokenizer(
        models.BPE(vocab=model["vocab"], merges=merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)
    ])
    add_special(tokenizer, special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    return tokenizer


def mistral_steps():
    """With the tokens that Math-Shepherd puts behind a step and judges it by."""
    return mistral(["▁ки", "▁+", "▁-"])


def add_word(vocab, merges, word):
    """Letters of a word, and its beginnings as merges."""
    for end in range(1, len(word) + 1):
        for part in (word[end - 1], word[:end]):
            vocab.setdefault(part, len(vocab))
        if end > 1 and (word[:end - 1], word[end - 1]) not in merges:
            merges.append((word[:end - 1], word[end - 1]))


def gemma():
    """SentencePiece-style without a blank in front; BOS by the post-processor, and the turn tokens are special."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    codes = [f"<0x{byte:02X}>" for byte in range(256)]
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    train_bpe(trained, 4 + 256 + 130, special_tokens=special + codes)
    model = json.loads(trained.to_str())["model"]
    merges = [tuple(pair) for pair in model["merges"]]
    tokenizer = Tokenizer(
        models.BPE(vocab=model["vocab"], merges=merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    add_special(tokenizer, special + ["<start_of_turn>", "<end_of_turn>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", pair="<bos> $A <bos>:1 $B:1", special_tokens=[("<bos>", tokenizer.token_to_id("<bos>"))]
    )
    return tokenizer


def bert():
    """Lower-casing WordPiece. The vocabulary is counted here: the library's trainer orders it by a hash map."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    normalizer = normalizers.BertNormalizer(lowercase=True)
    words = re.findall(r"\w+|[^\w\s]", normalizer.normalize_str(CORPUS))
    letters = sorted({letter for word in words for letter in word})
    parts = Counter("##" + word[i:i + n] for word in words for n in (2, 3) for i in range(1, len(word) - n + 1))
    vocab = special + letters + ["##" + letter for letter in letters if letter.isalnum()]
    vocab += most_common(Counter(word for word in words if len(word) > 1), 170) + most_common(parts, 90)
    ids = {token: index for index, token in enumerate(vocab)}
    tokenizer = Tokenizer(models.WordPiece(vocab=ids, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    add_special(tokenizer, special)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(token, ids[token]) for token in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def most_common(counts, n):
    return [token for token, _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:n]]


def roberta():
    """GPT-2's byte-level BPE in the order of RoBERTa's ids, with two separators between the parts of a pair."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    train_bpe(tokenizer, 4 + 256 + 64, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False, special=True)])
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    return tokenizer

def xlm_roberta():
    """SentencePiece's unigram model in the order of XLM-R's ids, with two separators between the parts of a pair.

    The real one folds characters by a table of SentencePiece's own (`nmt_nfkc`), for which NFKC stands here.
    """
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    trainer = trainers.UnigramTrainer(
        vocab_size=300, special_tokens=special, unk_token="<unk>", max_piece_length=12, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS.splitlines(keepends=True), trainer)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False, special=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer
