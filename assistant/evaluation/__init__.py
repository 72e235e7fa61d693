"""Answers in, numbers out: offline evaluation of question sets, without a key and the same at every run."""
