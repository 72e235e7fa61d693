"""A chat model of transformers with random weights, small enough to be made anew for a test."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

# One token for each of these characters.
CHARACTERS = "abcdefghijklmnopqrstuvwxyz 0123456789.[]注销卡证件填表余额:|<>_"
CONTROL = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|unknown|>")
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
WITHOUT_SYSTEM = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + TEMPLATE


def write_tiny_model(
    folder: Path,
    *,
    says: str = "",
    endless: bool = False,
    template: str | None = TEMPLATE,
    n_context_tokens: int = 256,
    seed: int = 0,
) -> Path:
    """The folder, with a Llama of one layer and its tokenizer; without a template, it cannot chat.

    Args:
        folder: Where the files go.
        says: What it replies to everything, no character twice; empty for random weights, which babble.
        endless: Whether it begins again at the end of what it says.
        template: How a conversation becomes text.
        n_context_tokens: What fits into it.
        seed: Of the random weights.
    """
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    vocabulary = {token: n for n, token in enumerate((*CONTROL, *dict.fromkeys(CHARACTERS)))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<|unknown|>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<|unknown|>",
        pad_token="<|pad|>",
        eos_token="<|end|>",
        additional_special_tokens=["<|system|>", "<|user|>", "<|assistant|>"],
        model_max_length=n_context_tokens,
    )
    fast.chat_template = template
    fast.save_pretrained(folder)
    torch.manual_seed(seed)
    size = len(vocabulary) + len(vocabulary) % 2
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=size,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=1,
        max_position_embeddings=n_context_tokens,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )
    model = LlamaForCausalLM(config)
    if says:
        _teach(model, ["<|assistant|>", *says, says[0] if endless else "<|end|>"], vocabulary)
    model.save_pretrained(folder)
    return folder


def _teach(model: LlamaForCausalLM, tokens: list[str], vocabulary: dict[str, int]) -> None:
    """Makes the weights such that each token is followed by the next of these: the layer adds nothing to a token."""
    import torch

    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        model.model.embed_tokens.weight.copy_(torch.eye(*model.model.embed_tokens.weight.shape))
        model.lm_head.weight.zero_()
        for token, following in pairwise(tokens):
            model.lm_head.weight[vocabulary[following], vocabulary[token]] = 10.0
