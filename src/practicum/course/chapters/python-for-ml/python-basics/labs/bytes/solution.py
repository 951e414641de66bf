# %% [markdown]
# # Bytes: what a text is made of
# A file, a network and a byte-level tokenizer know no letters, only numbers from 0 to 255. UTF-8 is
# the agreement by which letters become such numbers: one for each ASCII letter, up to four for
# others.


# %%
def byte_ids(text: str) -> list[int]:
    """The text's UTF-8 bytes as numbers from 0 to 255."""
    return list(text.encode("utf-8"))


# %%
for text in ("cat", "naïve", "γάτα", "кот", "猫"):
    ids = byte_ids(text)
    print(f"{text:6} {len(text)} characters  {len(ids):2} bytes ", *ids)

# %% [markdown]
# ## A stream that is cut anywhere
# A model that speaks in bytes may send half a letter. Decoding every piece at once shows a question
# mark in a diamond where a letter should be. The way out: show what is complete, keep the rest for
# the next piece.


# %%
def ready(buffer: bytes) -> tuple[str, bytes]:
    """The whole characters at the start of the buffer as text, and the 0 to 3 bytes behind them.

    The buffer is the beginning of valid UTF-8, cut anywhere.
    """
    for cut in range(len(buffer), -1, -1):
        try:
            return buffer[:cut].decode("utf-8"), buffer[cut:]
        except UnicodeDecodeError:
            continue
    return "", buffer


# %%
pieces = [bytes(byte_ids("Où est 猫?"))[i : i + 2] for i in range(0, 12, 2)]
print("piece by piece:", [piece.decode("utf-8", errors="replace") for piece in pieces])
shown, rest = [], b""
for piece in pieces:
    text, rest = ready(rest + piece)
    shown.append(text)
print("with patience: ", shown)
