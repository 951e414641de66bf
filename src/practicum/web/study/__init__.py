"""What the pages of questions and of progress know: open questions, evidence, pictures of it."""
