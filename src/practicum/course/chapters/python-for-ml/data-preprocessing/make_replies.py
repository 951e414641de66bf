"""Makes replies.csv of this concept's lab: 600 replies of a chat model, with the flaws of a real log.

Run as a script, it writes the file into the lab's folder. Each of 120 prompts was answered five
times. Whether a reply was liked depends on the prompt more than on anything else, as it does in
life. Planted flaws: temperatures that were not logged, a timer that writes −1 when it fails,
replies that ran away until the limit, and languages too rare to be in every part of a split.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

N_PROMPTS, N_EACH = 100, 6
LANGUAGES, SHARES = ("en", "de", "fr", "es", "pt", "sw"), (0.5, 0.2, 0.14, 0.1, 0.04, 0.02)
HEADER = "prompt,hour,language,prompt_tokens,reply_tokens,temperature,seconds,liked"


def rows(seed: int = 0) -> list[str]:
    """The lines of the table, its header first."""
    rng = np.random.default_rng(seed)
    lines = [HEADER]
    for prompt in range(N_PROMPTS):
        language = str(rng.choice(LANGUAGES, p=SHARES))
        prompt_tokens = int(rng.lognormal(4.6, 0.9))
        hour = float(rng.uniform(0, 24))  # when the prompt was sent, five times over
        ease = rng.normal(0, 3.0)  # what nobody logged and what decides most
        for _ in range(N_EACH):
            temperature = round(float(rng.uniform(0.1, 1.5)), 2)
            reply_tokens = int(rng.lognormal(4.9, 0.5)) + 1
            if rng.random() < 0.02:
                reply_tokens = 8192  # ran away until the limit
            seconds = round(reply_tokens / 40 + float(rng.gamma(2, 0.3)), 2)
            taste = ease - 1.4 * (temperature - 0.8) - 0.7 * (np.log(reply_tokens) - 4.9)
            liked = int(taste + rng.normal(0, 0.7) > 0)
            logged = "" if rng.random() < 0.04 + 0.1 * temperature else f"{temperature:.2f}"
            timer = -1 if rng.random() < 0.06 else seconds
            lines.append(
                f"p{prompt:03d},{hour:.2f},{language},{prompt_tokens},{reply_tokens},{logged},{timer},{liked}"
            )
    return lines


if __name__ == "__main__":
    out = Path(__file__).parent / "labs" / "no-peeking" / "replies.csv"
    out.write_text("\n".join(rows()) + "\n", encoding="utf-8")
