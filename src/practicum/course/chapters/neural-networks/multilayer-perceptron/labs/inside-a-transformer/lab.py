# %% [markdown]
# # The block inside a Transformer
# In a Llama-shaped model, every layer holds a multilayer perceptron with a gate. You compute it, and then find out how
# much of a whole language model it is. All you need is the model's shape, six numbers that stand in its config.json.

# %%
import numpy as np

SMOL = {
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "vocab_size": 49152,
    "tie_word_embeddings": True,
}
LLAMA_3_8B = {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "tie_word_embeddings": False,
}

# %% [markdown]
# ## 1. A softer bend: SiLU(x) = x / (1 + exp(-x))


# %%
def silu(x):
    """SiLU of each number of an array; no warning for any finite input."""
    # TODO silu: x times the sigmoid of x
    raise NotImplementedError("silu")


# %%
points = np.array([-1000.0, -4, -1.278, 0, 1, 4, 1000])
for point, value in zip(points, silu(points), strict=True):
    print(f"silu({point:8.3f}) = {value:9.4f}")

# %% [markdown]
# ## 2. SwiGLU
# down( silu(gate(x)) · up(x) ), the dot meaning number by number. There are no biases.


# %%
def swiglu(x, gate, up, down):
    """The gated perceptron on every position by itself.

    Shapes  x (T, C); gate, up (F, C); down (C, F) → (T, C).
    """
    # TODO swiglu: both ways up, their product, the way down
    raise NotImplementedError("swiglu")


# %%
rng = np.random.default_rng(0)
x = rng.normal(size=(5, 8))  # five positions
weights = [rng.normal(size=shape) for shape in ((20, 8), (20, 8), (8, 20))]
changed = x.copy()
changed[2] += 1.0
differs = np.abs(swiglu(changed, *weights) - swiglu(x, *weights)).max(axis=1) > 1e-12
print("position 2 of the input changed; outputs that changed:", np.flatnonzero(differs))

# %% [markdown]
# ## 3. How many weights is that?


# %%
def mlp_parameters(hidden_size, intermediate_size):
    """Weights of one SwiGLU block."""
    # TODO mlp_parameters: gate, up and down
    raise NotImplementedError("mlp_parameters")


# %%
print(
    f"SmolLM2-135M: {mlp_parameters(576, 1536):,} in a block, {30 * mlp_parameters(576, 1536):,} in all"
)

# %% [markdown]
# ## 4. The whole model
# Four drawers: `embedding` (and the output matrix, if it is not tied), `attention` (queries, keys, values, output; no
# biases), `mlp`, and `norms` (a scale for each of the hidden_size numbers).


# %%
def census(config):
    """Weights by drawer: a dict with the keys embedding, attention, mlp, norms."""
    # TODO census: count each drawer over all layers
    raise NotImplementedError("census")


# %%
for name, config in (("SmolLM2-135M", SMOL), ("Llama 3 8B", LLAMA_3_8B)):
    drawers = census(config)
    total = sum(drawers.values())
    print(f"{name}: {total:,}")
    for drawer, n in drawers.items():
        print(f"   {drawer:10} {n:14,}  {n / total:6.1%}  {'#' * round(40 * n / total)}")
